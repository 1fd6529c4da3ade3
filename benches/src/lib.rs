//! The parts that all programs share: figures with their spread, and their place in `BENCHMARKS.md`. What is
//! measured stands in the programs, so that it is compiled together with its callers.

pub mod report;
mod spread;

pub use spread::{Aim, Spread};
