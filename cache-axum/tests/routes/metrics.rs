//! The text format of Prometheus.

use std::sync::Arc;

use cachery::{Caches, axum::routes};
use cachery_test_support::Recorder;

use crate::support::{access, calls, get, program, send};

#[tokio::test]
async fn metrics_are_the_totals_of_the_registry() {
    let (caches, app) = program().await;
    let reply = send(&app, get("/metrics")).await;
    assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
    let gets = r#"cache_gets_total{cache="routes-price",result="hit",tier="memory"}"#;
    assert!(reply.body.lines().any(|line| line == format!("{gets} 1")), "{}", reply.body);
    assert!(reply.body.contains("# TYPE cache_gets_total counter"));
    caches.scope(calls()).await;
    let reply = send(&app, get("/metrics")).await;
    assert!(reply.body.lines().any(|line| line == format!("{gets} 4")), "{}", reply.body);
}

#[tokio::test]
async fn the_times_of_loads_are_a_histogram_that_counts_each_load_once() {
    let (caches, app) = program().await;
    let count =
        |result| format!("cache_load_seconds_count{{cache=\"routes-price\",result=\"{result}\"}}");
    for _ in 0..2 {
        let text = send(&app, get("/metrics")).await.body;
        assert!(text.contains(&format!("{} 2\n", count("success"))), "{text}");
        assert!(text.contains(&format!("{} 1\n", count("error"))), "{text}");
    }
    // The values are known, and the error is not kept.
    caches.scope(calls()).await;
    let text = send(&app, get("/metrics")).await.body;
    assert!(text.contains(&format!("{} 2\n", count("error"))), "{text}");
    assert!(text.contains(r#"le="+Inf"} 2"#), "{text}");
}

#[tokio::test]
async fn each_routes_show_their_own_registry() {
    let (_, busy) = program().await;
    let idle = routes(Caches::isolated(), access());
    let miss = r#"cache_gets_total{cache="routes-price",result="miss",tier="none"}"#;
    assert!(send(&busy, get("/metrics")).await.body.contains(&format!("{miss} 3\n")));
    assert!(send(&idle, get("/metrics")).await.body.contains(&format!("{miss} 0\n")));
}

#[tokio::test]
async fn the_recorder_of_the_program_stays_and_gets_what_it_got_before() {
    let (caches, app) = program().await;
    let own = Arc::new(Recorder::default());
    let _local = metrics::set_default_local_recorder(&*own);
    send(&app, get("/metrics")).await;
    let hits = r#"cache_gets_total{cache="routes-price",result="hit",tier="memory"}"#;
    assert_eq!(own.value(hits), None, "a scrape reports to its own recorder only");
    caches.flush_metrics();
    assert_eq!(own.value(hits), Some(1));
}

#[tokio::test]
async fn the_number_of_series_of_a_cache_is_bounded() {
    let (_, app) = program().await;
    let text = send(&app, get("/metrics")).await.body;
    let of = |name: &str| {
        text.lines().filter(|line| line.contains(&format!("cache=\"{name}\""))).count()
    };
    // The number in docs/routes.md: 1,000 caches have at most 1,000 times as many.
    assert!((10..=100).contains(&of("routes-price")), "{text}");
    assert_eq!(of("routes-price"), of("routes-idle"), "{text}");
}
