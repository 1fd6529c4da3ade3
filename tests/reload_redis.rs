//! Settings that change while the program runs and Redis holds its entries.

#[path = "reload_redis/calls.rs"]
mod calls;
#[path = "reload_redis/node.rs"]
mod node;
#[path = "reload_redis/settings.rs"]
mod settings;
