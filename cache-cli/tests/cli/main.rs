//! The command, run as people run it: against servers of Redis, and against a service with the
//! admin routes.

mod changes;
mod check;
mod config;
mod deployment;
mod doctor;
mod service;
mod support;
