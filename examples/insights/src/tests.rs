//! The service under load, and its bill.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use cachery::{
    Caches,
    axum::{Access, scope},
};
use serde_json::Value;

use crate::{app::App, feedback::Store, load, model::Model, options::Load, service};

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cache.toml");

/// Reads JSON of a route.
fn get(url: &str) -> Value {
    let body = ureq::get(url).call().expect("it serves").into_body().read_to_string();
    serde_json::from_str(&body.expect("UTF-8")).expect("JSON")
}

/// Serves in a registry of its own, and returns the address.
async fn serve(data: &std::path::Path) -> String {
    let caches = Caches::builder().isolated().file(SETTINGS).profile("local").build().await;
    let caches = caches.expect("the settings are right");
    let model = Model::new(Duration::from_millis(2), 20);
    let app = App { model, store: Store::new(data.to_owned()).into() };
    let access = Access::default().open_reads();
    let router = service::router(app, caches.clone(), access).layer(scope(caches));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statistics_are_those_of_the_callers_and_the_ledger_is_the_bill() {
    let data = tempfile::tempdir().expect("a directory");
    let node = serve(data.path()).await;
    let load = Load { nodes: vec![node.clone()], seconds: 3, callers: 8, patience: 20 };
    let ended = tokio::task::spawn_blocking(move || {
        let counts = load::run(&load);
        counts.verdict().expect("no call fails, and no change is missed");
        (counts, get(&format!("{node}/api/cache/stats")), get(&format!("{node}/bill")))
    });
    let (counts, stats, bill) = ended.await.expect("it ends");
    let of = |name: &str| {
        let mut caches = stats["caches"].as_array().into_iter().flatten();
        caches.find(|cache| cache["name"] == name).expect("it is one of the ten").clone()
    };
    let number = |value: &Value| value.as_u64().expect("a number");
    let calls = |name| number(&of(name)["stats"]["hits"]) + number(&of(name)["stats"]["misses"]);
    let loads = |name| number(&of(name)["stats"]["loads"]);
    let counted = |counter: &AtomicU64| counter.load(SeqCst);

    assert_eq!(stats["caches"].as_array().map(Vec::len), Some(10));
    for name in ["categorization", "translations", "priority", "duplicates", "specs"] {
        assert_eq!(calls(name), counted(&counts.feedback), "{name}");
    }
    for name in ["summaries", "topics", "competitive"] {
        assert_eq!(calls(name), counted(&counts.products), "{name}");
    }
    // A run of `priority` asks for a sentiment, one of `duplicates` for the vectors of its own text
    // and of four others.
    assert_eq!(calls("sentiment"), counted(&counts.feedback) + loads("priority"));
    assert_eq!(calls("embeddings"), counted(&counts.feedback) + 5 * loads("duplicates"));
    assert!(counted(&counts.updates) > 0 && counted(&counts.elsewhere) == 0, "{counts:?}");
    let spent = number(&stats["total"]["money"]["spent"]);
    assert_eq!(spent, number(&bill["nanos"]), "{bill}");
    assert!(number(&bill["failed"]) > 0, "{bill}");
}

#[test]
fn the_settings_are_right_in_each_profile() {
    for profile in ["local", "staging", "production"] {
        let variables = [("REDIS_URL", "redis://redis:6379")];
        let builder = Caches::builder().file(SETTINGS).profile(profile).variables(variables);
        builder.check().expect("right settings");
    }
}
