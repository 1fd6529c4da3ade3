//! A registry that is dropped leaves no thread, no descriptor and no connection.
//!
//! A process of its own, because it counts what the process has.
#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use cachery::{Backend, Caches, Invalidation, cached, config::CacheSettings};
use cachery_test_support::{Server, eventually};

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
const REGISTRIES: u64 = 100;

#[cached(name = "registries-number", ttl = "1h", detach)]
async fn number(id: u64) -> u64 {
    id
}

/// The threads and the descriptors of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    threads: usize,
    descriptors: usize,
}

impl Held {
    fn now() -> Self {
        let count = |path| fs::read_dir(path).expect("Linux has it").count();
        Self { threads: count("/proc/self/task"), descriptors: count("/proc/self/fd") }
    }
}

/// Builds a registry, uses it, and drops it.
async fn build_and_drop(url: &str, id: u64) {
    let journal = tempfile::NamedTempFile::new().expect("a file");
    let settings = CacheSettings::new().backend(Backend::Tiered);
    let builder = Caches::builder().isolated().all(settings).redis_url(url);
    let builder = builder.journal(journal.path().display().to_string());
    let caches = builder.remote_deadline(PATIENCE).build().await.expect("the server is there");
    assert_eq!(caches.scope(number(id)).await, id);
    assert_eq!(caches.scope(number::invalidate(id)).await, Invalidation::Everywhere);
}

#[tokio::test]
async fn a_hundred_of_them_leave_no_thread_no_descriptor_and_no_connection() {
    let server = Server::start().await;
    let url = server.url();
    let no_connection = async || server.connections().await.is_empty().then_some(());
    // The threads that all registries share, and those of the runtime, are there after one.
    build_and_drop(&url, 0).await;
    eventually("connections end", PATIENCE, no_connection).await;
    let before = Held::now();
    for id in 0..REGISTRIES {
        build_and_drop(&url, id).await;
    }
    eventually("connections end", PATIENCE, no_connection).await;
    let no_more = async || {
        let held = Held::now();
        (held.threads <= before.threads && held.descriptors <= before.descriptors).then_some(())
    };
    eventually(&format!("no more than {before:?} is held"), PATIENCE, no_more).await;
}
