//! R1 to R4: the results that are stored.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use cachery::{Caches, cached};
use serde::{Deserialize, Serialize};

static RUNS: AtomicU32 = AtomicU32::new(0);

fn run() -> u32 {
    RUNS.fetch_add(1, SeqCst)
}

#[cached(name = "results-fallible", ttl = 60)]
async fn fallible(fail: bool) -> Result<u32, &'static str> {
    let run = run();
    if fail {
        return Err("no");
    }
    Ok(run)
}

type AppResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[cached(name = "results-aliased", ttl = 60)]
async fn aliased(text: &str) -> AppResult<u32> {
    let parsed = text.parse::<u32>()?;
    Ok(parsed + run())
}

#[cached(name = "results-absent", ttl = 60)]
async fn absent(_key: &str) -> Option<u32> {
    run();
    None
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Large(Vec<u8>);

#[cached(name = "results-large", ttl = 60)]
async fn large() -> Arc<Large> {
    Arc::new(Large(vec![1; 1024]))
}

/// A value that cannot be serialised.
#[derive(Clone)]
struct Connection(u32);

#[cached(name = "results-connection", ttl = "forever", local)]
async fn connection(host: &str) -> std::io::Result<Connection> {
    Ok(Connection(u32::try_from(host.len()).unwrap_or(0)))
}

#[tokio::test]
async fn ok_is_stored_and_err_is_not() {
    let check = async {
        let first = fallible(false).await;
        assert_eq!(fallible(false).await, first);
        assert_eq!((fallible(true).await, fallible(true).await), (Err("no"), Err("no")));
        let stats = fallible::cache().stats();
        assert_eq!((stats.hits, stats.loads, stats.load_errors, stats.size), (1, 3, 2, 1));
        assert_eq!(fallible::peek(true).await, None);
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn an_alias_whose_name_ends_in_result_is_a_result() {
    let check = async {
        assert!(aliased("x").await.is_err());
        let first = aliased("1").await.expect("a number");
        assert_eq!(aliased("1").await.expect("stored"), first);
        assert_eq!(aliased::peek("1").await, Some(first));
        assert_eq!(aliased::cache().stats().load_errors, 1);
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn none_is_a_value() {
    let check = async {
        assert_eq!((absent("a").await, absent("a").await), (None, None));
        assert_eq!(absent::peek("a").await, Some(None));
        assert_eq!(absent::peek("b").await, None);
        assert_eq!(absent::cache().stats().loads, 1);
    };
    Caches::isolated().scope(check).await;
}

#[cached(name = "results-panics-once", ttl = 60)]
async fn panics_once(key: u8) -> u8 {
    assert!(run_of_panics() > 0, "planted");
    key
}

fn run_of_panics() -> u32 {
    static PANICS: AtomicU32 = AtomicU32::new(0);
    PANICS.fetch_add(1, SeqCst)
}

#[tokio::test]
async fn a_panic_is_never_stored() {
    let check = async {
        let panicked = tokio::spawn(Caches::current().scope(panics_once(1))).await;
        assert!(panicked.expect_err("the caller sees it").is_panic());
        assert_eq!(panics_once::peek(1).await, None);
        assert_eq!(panics_once(1).await, 1);
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn an_arc_is_shared_and_not_cloned_deeply() {
    let check = async {
        let (first, second) = (large().await, large().await);
        assert!(Arc::ptr_eq(&first, &second));
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn local_values_need_no_serde() {
    let check = async {
        connection("db").await.expect("it connects");
        assert_eq!(connection::peek("db").await.expect("stored").0, 2);
    };
    Caches::isolated().scope(check).await;
}
