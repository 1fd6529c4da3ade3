//! `cachery invalidate`, `clear`, `expire`, `tag` and `explain`.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use cachery::{Caches, cached, caches};

use crate::{
    service::{READER, ask, at, serve},
    support::run,
};

static LOADS: AtomicUsize = AtomicUsize::new(0);

#[cached(name = "cli-scores", ttl = "10m")]
async fn score(id: u64, text: &str) -> usize {
    LOADS.fetch_add(1, SeqCst);
    text.len() + usize::try_from(id).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_a_whole_cache_is_ended_from_outside() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    let loads = async || {
        let before = LOADS.load(SeqCst);
        caches.scope(async { (score(7, "great").await, score(8, "7").await) }).await;
        LOADS.load(SeqCst) - before
    };
    assert_eq!((loads().await, loads().await), (2, 0));

    ask(&url, &["invalidate", "cli-scores", "7", "great"]).await.says(0, &["done in this process"]);
    assert_eq!(loads().await, 1);
    ask(&url, &["invalidate", "cli-scores", "8", "\"7\""]).await.says(0, &["done"]);
    assert_eq!(loads().await, 1);
    ask(&url, &["clear", "cli-scores"]).await.says(0, &["clear cli-scores: done"]);
    assert_eq!(loads().await, 2);
    ask(&url, &["expire", "cli-scores", "7", "great"]).await.says(0, &["expire cli-scores: done"]);
    assert_eq!(loads().await, 1);
    ask(&url, &["expire", "cli-scores"]).await.says(0, &["done"]);
    assert_eq!(loads().await, 2);
    let json = ask(&url, &["clear", "cli-scores", "--json"]).await.json();
    assert_eq!((&json["action"], &json["reach"]), (&"clear".into(), &"local".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_other_parts_is_refused_with_the_parts() {
    let url = serve(&Caches::isolated()).await;
    let parts = "the parts of the key are: id: u64, text: &str";
    ask(&url, &["invalidate", "cli-scores", "great", "7"]).await.says(2, &[parts]);
    ask(&url, &["invalidate", "cli-scores", "7"]).await.says(2, &[parts]);
    ask(&url, &["invalidate", "cli-scoers", "7"]).await.says(2, &["no cache has this name"]);
    ask(&url, &["clear", "../reload"]).await.says(2, &["starts with `.`"]);
    ask(&url, &["explain", "cli-scores", "7"]).await.says(2, &[parts]);
    ask(&url, &["explain", "cli-scoers", "7"]).await.says(2, &["no cache has this name"]);
}

caches! {
    static REGION: Tag<(String, u8)> = { name: "cli-region" };
}

#[cached(name = "cli-reports", ttl = "10m", tags(REGION(region, 1_u8)))]
async fn report(region: &str) -> u64 {
    LOADS.fetch_add(1, SeqCst);
    region.len() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_a_tag_is_ended_by_its_parts() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    let load = async || caches.scope(report("eu")).await;
    let is_held = async || caches.scope(report::peek("eu")).await.is_some();
    load().await;
    ask(&url, &["tag", "cli-region", "us", "1"]).await.says(0, &["done in this process"]);
    assert!(is_held().await, "another value of the tag");
    let run = ask(&url, &["tag", "cli-region", "eu", "1"]).await;
    run.says(0, &["invalidate tag cli-region: done"]);
    assert!(!is_held().await);
    load().await;
    let run = ask(&url, &["tag", "cli-region", "eu", "1", "--expire", "--json"]).await;
    assert_eq!(
        (&run.json()["action"], &run.json()["tag"]),
        (&"expire".into(), &"cli-region".into())
    );
    assert!(!is_held().await);
    ask(&url, &["explain", "cli-reports", "eu"]).await.says(1, &["made to expire"]);
    let parts = "the parts of the key are: _: String, _: u8";
    ask(&url, &["tag", "cli-region", "eu"]).await.says(2, &[parts]);
    ask(&url, &["tag", "cli-regoin", "eu", "1"]).await.says(2, &["no tag has this name"]);
    ask(&url, &["tag", "../reload", "1"]).await.says(2, &["starts with `.`"]);
    ask(&url, &["tag", "cli-region"]).await.says(2, &["<VALUE>..."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_explained() {
    let caches = Caches::isolated();
    caches.clock().stop();
    let url = serve(&caches).await;
    let key = ["explain", "cli-scores", "7", "great"];
    ask(&url, &key)
        .await
        .says(1, &["next call a miss: it loads", "memory nothing", "keeps no trace"]);
    caches.scope(score(7, "great")).await;
    caches.clock().advance(Duration::from_secs(30));
    let shown = ask(&url, &key).await;
    shown.says(0, &["ok next call a hit in memory", "ok memory fresh, written 30.0 s ago"]);
    assert!(!shown.out.contains("great"), "{}", shown.out);
    let json = ask(&url, &[&key[..], &["--json"]].concat()).await.json();
    assert_eq!((&json["next"], &json["memory"]["state"]), (&"memory".into(), &"fresh".into()));
    assert_eq!(json["rows"][0]["state"], "ok", "{json:#}");
    caches.get("cli-scores").expect("a cache").set_enabled(false);
    ask(&url, &key).await.says(1, &["runs the function", "switch it on", "memory fresh"]);
    let mut reads_only = at(&url, &key);
    reads_only.env("CACHERY_TOKEN", READER);
    let refused = tokio::task::spawn_blocking(move || run(&mut reads_only)).await;
    refused.expect("it runs").says(2, &["lets this token read only"]);
}
