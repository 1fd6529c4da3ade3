//! The connections against servers that the tests start.

mod access;
mod cluster;
mod credentials;
mod feed;
mod harness;
mod sentinel;
mod single;
