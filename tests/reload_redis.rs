//! Settings that change while the program runs and Redis holds its entries.

#[path = "reload_redis/calls.rs"]
mod calls;
#[path = "reload_redis/node.rs"]
mod node;
#[path = "support/redis.rs"]
mod servers;
#[path = "reload_redis/settings.rs"]
mod settings;
#[path = "support/probe.rs"]
#[allow(dead_code, reason = "a part of it is needed here")]
mod support;
