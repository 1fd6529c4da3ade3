//! The remote tier of Cachery, on Redis: the place where it will stand.
//!
//! It depends on `cache-core` only and sits beside the memory tier, never inside it: a cache asks memory first, then the
//! remote tier, then runs the function. Nothing is implemented yet; until it is, the facade does not depend on this crate.
