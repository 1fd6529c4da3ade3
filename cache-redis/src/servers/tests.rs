//! The connections against servers that the tests start themselves.

mod cluster;
mod doors;
mod harness;
mod sentinel;
mod single;
