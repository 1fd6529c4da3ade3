//! The primitives that flights are built on, in one place so that the model in `tests/flight_model.rs` can put its own here.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use tokio::sync::oneshot;
