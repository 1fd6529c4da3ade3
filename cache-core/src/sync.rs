//! The primitives that flights are built on, in one place so that the model in
//! `tests/flight_model.rs` can put its own here.

pub(crate) use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{Thread, current as current_thread, park_timeout as park_for},
};

pub(crate) use tokio::sync::oneshot;
