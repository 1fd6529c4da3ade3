//! O2 and O3: a load has a span, a hit logs nothing, and arguments and values are never logged.
//!
//! A process of its own: whether a span is of interest is cached for the whole process, so threads
//! without a subscriber would decide it for these.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use cachery::{CacheKey, Caches, cached};
use cachery_test_support::Log;
use tracing::{Instrument as _, Subscriber, span};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

#[cached(name = "tracing-traced", ttl = "1h")]
async fn traced(text: &str) -> Result<String, String> {
    tracing::info!("in the body");
    if text.is_empty() {
        Err("planted-error".to_owned())
    } else {
        Ok(format!("planted-value of {text}"))
    }
}

#[cached(name = "tracing-detached", ttl = 60, stale = 60, detach)]
async fn detached(id: u64) -> u64 {
    tokio::task::yield_now().await;
    id
}

#[cached(name = "tracing-slow", ttl = "1h")]
async fn slow(id: u64) -> u64 {
    tokio::task::yield_now().await;
    id
}

fn logged<F: Future<Output = ()>>(caches: &Caches, work: F) -> Log {
    let log = Log::default();
    let _guard = log.of_thread();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(caches.scope(work));
    log
}

#[test]
fn a_load_runs_in_its_span() {
    let log = logged(&Caches::isolated(), async {
        let _ = traced("a").await;
    });
    let body =
        log.text().lines().find(|line| line.contains("in the body")).expect("it ran").to_owned();
    for part in
        ["cache.load", r#"cache.name="tracing-traced""#, "cache.hit=false", r#"cache.tier="none""#]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
}

/// The links between spans, by their names: from the one that follows, to the one that it follows.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<Vec<(&'static str, &'static str)>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Links {
    fn on_follows_from(&self, span: &span::Id, follows: &span::Id, context: Context<'_, S>) {
        let name = |id| context.span(id).expect("it is open").name();
        self.0.lock().expect("nobody panics").push((name(span), name(follows)));
    }
}

#[test]
fn a_follower_links_to_the_load_that_it_waited_for() {
    let links = Links::default();
    // It has `tracing` know of several subscribers, so that no other thread turns spans off.
    let _log = Log::default().of_thread();
    let subscriber = tracing_subscriber::registry().with(links.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let calls = async { tokio::join!(slow(7), slow(7), slow(7)) };
    assert_eq!(runtime.block_on(Caches::isolated().scope(calls)), (7, 7, 7));
    let links = links.0.lock().expect("nobody panics").clone();
    assert_eq!(links, [("cache.wait", "cache.load"); 2]);
}

#[test]
fn a_load_in_a_task_links_to_the_call_that_it_began_for() {
    let links = Links::default();
    let _log = Log::default().of_thread();
    let subscriber = tracing_subscriber::registry().with(links.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let caches = Caches::isolated();
    caches.clock().stop();
    runtime.block_on(caches.scope(async {
        assert_eq!(detached(7).instrument(tracing::info_span!("call")).await, 7);
        caches.clock().advance(Duration::from_secs(61));
        assert_eq!(detached(7).instrument(tracing::info_span!("call of a stale value")).await, 7);
        while detached::cache().stats().loads < 2 {
            tokio::task::yield_now().await;
        }
    }));
    let links = links.0.lock().expect("nobody panics").clone();
    assert_eq!(links, [("cache.load", "call"), ("cache.load", "call of a stale value")]);
}

#[test]
fn a_memory_hit_logs_nothing() {
    let caches = Caches::isolated();
    logged(&caches, async {
        let _ = traced("a").await;
    });
    let log = logged(&caches, async {
        for _ in 0..100 {
            let _ = traced("a").await;
        }
    });
    assert_eq!(log.text(), "");
}

#[test]
fn no_argument_no_value_and_no_error_is_logged() {
    let log = logged(&Caches::isolated(), async {
        for text in ["planted-argument", ""] {
            let _ = traced(text).await;
            let _ = traced(text).await;
            traced::peek(text).await;
            traced::put(text, "planted-value".to_owned()).await;
            traced::invalidate(text).await;
        }
        Caches::current().flush_metrics();
        tracing::info!("{:?} {:?}", Caches::current().report(), Caches::current());
        tracing::info!("{:?} {:?}", traced::cache(), traced::cache().clear().await);
    });
    assert_eq!(log.count("planted"), 0, "{}", log.text());
}

#[test]
fn the_debug_of_a_key_shows_no_bytes() {
    let mut encoder = cachery::key::KeyEncoder::new();
    "planted".encode(&mut encoder);
    let shown = format!("{encoder:?} {:?}", encoder.finish());
    assert!(!shown.contains("planted") && !shown.contains("112"), "{shown}");
}
