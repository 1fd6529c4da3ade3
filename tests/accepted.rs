//! What the attributes accept, each in a module of its own.
#![deny(warnings)]
#![allow(
    dead_code,
    unreachable_pub,
    clippy::bool_to_int_with_if,
    clippy::duplicate_underscore_argument,
    reason = "most of it is only to compile, and is what a user may write"
)]

mod accepted {
    mod backends;
    mod bodies;
    mod cfg;
    mod companions;
    mod crate_path;
    mod from_macro_rules;
    mod generics;
    mod handlers;
    mod key_only;
    mod methods;
    mod names_like_ours;
    mod no_prelude;
    mod sync_functions;
    mod traits;
    mod ttl_constants;
    mod visibility;
}
