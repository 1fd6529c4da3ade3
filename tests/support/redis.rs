//! Real Redis servers for tests. Each has a free port and a directory of its own; both are gone when its last handle is
//! dropped, or the test process dies.
//!
//! ```ignore
//! #[path = "support/redis.rs"]
//! mod servers;
//!
//! let server = servers::Server::start().await;
//! let server = servers::Server::with(|config| config.password("secret").line("maxmemory 5mb")).await;
//! let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
//! ```
#![allow(dead_code, unused_imports, reason = "each test that includes this file needs a part of it")]

#[path = "redis/admin.rs"]
mod admin;
#[path = "redis/certificates.rs"]
mod certificates;
#[path = "redis/cluster.rs"]
mod cluster;
#[path = "redis/config.rs"]
mod config;
#[path = "redis/group.rs"]
mod group;
#[path = "redis/port.rs"]
mod port;
#[path = "redis/process.rs"]
mod process;
#[path = "redis/proxy.rs"]
mod proxy;
#[path = "redis/relay.rs"]
mod relay;
#[path = "redis/sentinel.rs"]
mod sentinel;
#[path = "redis/server.rs"]
mod server;
#[path = "redis/waiting.rs"]
mod waiting;

pub(crate) use self::{
    certificates::Certificates,
    cluster::Cluster,
    config::Config,
    proxy::{Direction, Proxy},
    sentinel::Sentinel,
    server::Server,
    waiting::{eventually, until},
};
