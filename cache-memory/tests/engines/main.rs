//! The engines of memory: one contract that each of them meets, what each promises beyond it, and a
//! hammer with counts.

mod bytes;
mod contract;
mod drops;
mod exact;
mod fairness;
mod hammer;
mod support;
