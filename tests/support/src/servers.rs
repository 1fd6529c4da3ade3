//! Real Redis servers: alone, watched by sentinels, or as a cluster.

mod admin;
mod cluster;
mod config;
mod group;
mod port;
mod process;
mod sentinel;
mod server;

pub use self::{
    cluster::Cluster, config::Config, process::StartError, sentinel::Sentinel, server::Server,
};
