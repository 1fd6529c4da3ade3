//! The routes, asked without a socket; one module asks over one.

mod access;
mod changes;
mod explain;
mod headers;
mod hostile;
mod metrics;
mod page;
mod reads;
mod scope;
mod socket;
mod support;
