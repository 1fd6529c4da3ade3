//! The number of connections, and their end.

use std::{thread, time::Duration};

use cachery::{Backend, Caches, config::CacheSettings};
use cachery_test_support::{Server, eventually};

const PATIENCE: Duration = Duration::from_secs(10);

/// Makes functions, each in a module of its own, and one that calls all of them in turn.
macro_rules! functions {
    ($($tens:ident)* ; $ones:tt) => {
        $(mod $tens {
            functions!(@ $ones);
        })*

        async fn call_all() -> u64 {
            let mut sum = 0;
            $(sum += $tens::call_all().await;)*
            sum
        }
    };
    (@ [$($ones:ident)*]) => {
        $(pub(crate) mod $ones {
            use cachery::cached;

            #[cached(ttl = 3600)]
            pub(crate) async fn function(number: u64) -> u64 {
                number
            }
        })*

        pub(super) async fn call_all() -> u64 {
            let mut sum = 0;
            $(sum += $ones::function(1).await;)*
            sum
        }
    };
}

functions! { a b c d e f g h i j; [a b c d e f g h i j] }

async fn node(server: &Server, backend: Backend) -> Caches {
    let settings = CacheSettings::new().backend(backend);
    let builder = Caches::builder().isolated().redis_url(server.url()).all(settings);
    builder.remote_deadline(PATIENCE).build().await.unwrap()
}

#[tokio::test]
async fn a_hundred_functions_use_as_many_connections_as_none() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let server = Server::start().await;
        let caches = node(&server, backend).await;
        let before = server.connections().await.len();
        assert_eq!(caches.scope(call_all()).await, 100);
        let keys = server.ask::<u64>(&["DBSIZE"]).await;
        // Where the server does not push.
        let feed = server.ask::<u64>(&["EXISTS", "cachery:#changes"]).await;
        assert_eq!(keys - feed, 202, "100 values with their tokens, a generation and the profiles");
        assert_eq!(server.connections().await.len(), before);
        let feed = usize::try_from(feed).expect("it is 0 or 1");
        assert_eq!(before - feed, 2, "one for requests, one for pushes");
    }
}

#[tokio::test]
async fn the_connections_of_a_registry_end_with_it() {
    let server = Server::start().await;
    drop(node(&server, Backend::Tiered).await);
    eventually("they are closed", PATIENCE, async || {
        server.connections().await.is_empty().then_some(())
    })
    .await;
}

#[test]
fn a_registry_outlives_the_runtime_that_made_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let server = first.block_on(Server::start());
    let caches = first.block_on(node(&server, Backend::Redis));
    assert_eq!(first.block_on(caches.scope(a::a::function(1))), 1);
    drop(first);
    let stats = || caches.sync_scope(|| a::a::function::cache().stats());
    runtime().block_on(caches.scope(async {
        assert_eq!(a::a::function(1).await, 1);
        assert_eq!((stats().loads, stats().remote.hits, stats().remote.unavailable), (1, 1, 0));
    }));
}

#[test]
fn two_runtimes_use_one_registry_at_once() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let server = first.block_on(Server::start());
    let caches = first.block_on(node(&server, Backend::Redis));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                runtime().block_on(caches.scope(async {
                    for number in 0..50 {
                        assert_eq!(a::b::function(number).await, number);
                    }
                }));
            });
        }
    });
    let stats = caches.sync_scope(|| a::b::function::cache().stats());
    assert_eq!((stats.hits + stats.misses, stats.remote.unavailable), (200, 0));
}
