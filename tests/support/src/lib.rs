//! Support for Cachery's tests, examples and benches: real Redis servers, a network with faults,
//! and observers.
//!
//! ```ignore
//! use cachery_test_support::{Proxy, Server};
//!
//! let server = Server::start().await;
//! let strict = Server::with(|config| config.password("secret").line("maxmemory 5mb")).await;
//! let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
//! let proxy = Proxy::to(server.address());
//! let url = server.url_through(&proxy);
//! ```
//!
//! Each [`Server`] has a free port and a directory of its own. Both are gone when its last handle
//! is dropped, or when the process of the test dies.
#![allow(clippy::missing_panics_doc, reason = "a helper panics where its test has failed")]

mod certificates;
mod log;
mod probe;
mod proxy;
mod recorder;
mod servers;
mod wait;

pub use self::{
    certificates::Certificates,
    log::Log,
    probe::{Probe, ended, spawn},
    proxy::{Direction, Proxy},
    recorder::Recorder,
    servers::{Cluster, Config, Sentinel, Server, StartError},
    wait::{eventually, until, wait_for},
};
