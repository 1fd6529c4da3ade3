//! `cachery invalidate`, `clear` and `expire`.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use cachery::{Caches, cached};

use crate::service::{ask, serve};

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
}
