//! The cached functions of the contract's tests. Most values are the number of the run that made
//! them.

use std::sync::Arc;

use cachery::cached;
use cachery_test_support::Probe;
use serde::{Deserialize, Serialize};

/// An error of a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure;

/// A value with fields.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) run: usize,
    pub(crate) friends: Vec<u64>,
}

#[cached(name = "contract-number", ttl = 3600, skip(probe))]
pub(crate) async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

#[cached(name = "contract-number-for-ever", ttl = "forever", skip(probe))]
pub(crate) async fn number_for_ever(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

/// Returns `None`.
#[cached(name = "contract-perhaps", ttl = 3600, skip(probe))]
pub(crate) async fn perhaps(_id: u64, probe: &Probe) -> Option<usize> {
    probe.run().await;
    None
}

/// Fails at its first run.
#[cached(name = "contract-fallible", ttl = 3600, skip(probe))]
pub(crate) async fn fallible(_id: u64, probe: &Probe) -> Result<usize, Failure> {
    match probe.run().await {
        1 => Err(Failure),
        run => Ok(run),
    }
}

#[cached(name = "contract-profile", ttl = 3600, skip(probe))]
pub(crate) async fn profile(name: &str, probe: &Probe) -> Arc<Profile> {
    let run = probe.run().await;
    Arc::new(Profile { name: name.to_owned(), run, friends: vec![1, u64::MAX] })
}

/// Returns a text of so many bytes.
#[cached(name = "contract-text", ttl = 3600, skip(probe))]
pub(crate) async fn text(bytes: usize, probe: &Probe) -> String {
    probe.run().await;
    "x".repeat(bytes)
}

pub(crate) mod orders {
    use cachery::cached;

    #[cached(ttl = 3600)]
    pub(crate) async fn get(id: u64) -> String {
        format!("order {id}")
    }
}

pub(crate) mod users {
    use cachery::cached;

    #[cached(ttl = 3600)]
    pub(crate) async fn get(id: u64) -> String {
        format!("user {id}")
    }
}
