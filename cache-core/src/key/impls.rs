//! `CacheKey` for the types of the standard library that functions take as arguments.

mod collections;
mod net;
mod numbers;
mod pointers;
mod sums;
mod text;
mod time;
mod tuples;
