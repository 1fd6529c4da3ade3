//! O3: whatever goes wrong, no password, user name, secret, argument or value stands in a log line,
//! an error, a `Debug`, a metric, a report or a health. All secrets of these tests have the word
//! "planted" in them.

mod functions;
mod shown;

use std::{fs, time::Duration};

use cachery::{
    Backend, Caches,
    config::{CacheSettings, CachesBuilder, TlsFiles},
    health::Breaker,
};
use cachery_test_support::{Config, Direction, Proxy, Server, eventually};

use crate::{
    functions::{use_all, use_some},
    shown::Shown,
};

const PATIENCE: Duration = Duration::from_secs(20);
const KEY_SECRET: &str = "planted-key-secret";

fn builder(url: &str) -> CachesBuilder {
    let settings = CacheSettings::new().backend(Backend::Tiered).max_value_size(100);
    Caches::builder().isolated().redis_url(url).key_secret(KEY_SECRET).all(settings)
}

/// Builds a node, makes all calls on it, and shows all that can be seen of it.
async fn act(url: &str, shown: &mut Shown) -> Caches {
    let builder = builder(url);
    shown.debug(&builder);
    let node = builder.build().await.expect("the URL is right");
    node.scope(use_all(shown)).await;
    node
}

async fn server(rules: &str, configure: impl FnOnce(&mut Config) -> &mut Config) -> Server {
    Server::with(|config| configure(config.user("planted-user", "planted-password", rules))).await
}

#[tokio::test]
async fn not_where_all_is_well() {
    let mut shown = Shown::begin();
    let server = server("~* &* +@all", |config| config).await;
    let node = act(&server.url(), &mut shown).await;
    assert!(node.report().caches.iter().any(|cache| cache.stats.puts > 0));
    // Redis does not hold arguments either.
    shown.debug(&server.ask::<Vec<String>>(&["KEYS", "*"]).await);
    shown.holds_nothing_planted(&["cache.load", "db.operation.name", "cache_gets_total"]);
}

#[tokio::test]
async fn not_where_a_server_refuses() {
    let mut shown = Shown::begin();
    let all = server("~* &* +@all", |config| config).await;
    let wrong = all.url().replace("password", "wrong-password");
    // A server repeats an unknown command in its error, with the arguments.
    let without_hello =
        server("~* &* +@all", |config| config.line("rename-command HELLO \"\"")).await;
    let without_scripts = server("~* &* +@all -eval -evalsha", |config| config).await;
    let without_reads = server("~* &* +@all -get -mget -pttl", |config| config).await;
    let without_keys = server("~nothing &* +@all", |config| config).await;
    let full = server("~* &* +@all", |config| config.line("maxmemory 1")).await;
    for refusing in [&without_hello, &without_scripts, &without_reads, &without_keys, &full] {
        act(&refusing.url(), &mut shown).await;
    }
    act(&wrong, &mut shown).await;
    shown.holds_nothing_planted(&[
        "wrong-password",
        "no-permission",
        "no-eval",
        "cache_fallback_total",
    ]);
}

#[tokio::test]
async fn not_where_a_connection_breaks() {
    let mut shown = Shown::begin();
    let server = server("~* &* +@all", |config| config).await;
    let proxy = Proxy::to(server.address());
    let node = act(&server.url_through(&proxy), &mut shown).await;
    for direction in [Direction::Replies, Direction::Requests] {
        proxy.garble(direction);
        node.scope(use_all(&mut shown)).await;
        proxy.pass();
    }
    for bytes in [1, 30, 100] {
        proxy.truncate_next_reply(bytes);
        node.scope(use_all(&mut shown)).await;
    }
    server.kill();
    eventually("the breaker opens", PATIENCE, async || {
        node.scope(use_some()).await;
        let health = node.health().await;
        (health.servers[0].breaker == Breaker::Open).then_some(())
    })
    .await;
    node.scope(use_all(&mut shown)).await;
    shown.holds_nothing_planted(&["out of reach", "cache_breaker_state", "breaker-open"]);
}

#[tokio::test]
async fn not_where_nothing_listens() {
    let mut shown = Shown::begin();
    // This takes ten seconds, so it runs beside the rest.
    let required =
        builder("redis://planted-user:planted-password@127.0.0.1:1").required(true).build();
    let required = tokio::spawn(required);
    for place in [
        "redis://{}127.0.0.1:1",
        "redis-sentinel://{}127.0.0.1:1/mymaster",
        "redis-cluster://{}127.0.0.1:1",
    ] {
        let url = place.replace("{}", "planted-user:planted-password@");
        act(&url, &mut shown).await;
    }
    act("redis+unix:///nowhere?user=planted-user&pass=planted-password", &mut shown).await;
    shown.error(&required.await.unwrap().expect_err("nothing listens there"));
    shown.holds_nothing_planted(&["127.0.0.1:1", "CACHE_REQUIRED", "connecting"]);
}

#[tokio::test]
async fn not_where_settings_are_wrong() {
    let mut shown = Shown::begin();
    for url in [
        "planted-password",
        "planted-password@localhost",
        "planted://localhost",
        "redis:/planted-user:planted-password@localhost",
        "redis://planted-user:planted-password@",
        "redis://planted-user:planted-password@:6379",
        "redis://planted-user:planted-password@host:planted",
        "redis://planted-user:planted-password@host:99999999",
        "redis://planted-user:planted-password@host/planted",
        "redis://planted-user:planted-%ff@host",
        "redis://planted-user:planted/password@host",
        "redis://planted-user:planted?password@host",
        "redis://planted-user:planted#password@host:x",
        "redis://planted-user:planted-password@a,b",
        "redis-sentinel://planted-user:planted-password@host",
        "redis-cluster://planted-user:planted-password@host/3",
        "redis+unix://planted-user:planted-password@/socket",
        "redis+unix:///socket?user=planted-user&password=planted-password&db=planted",
    ] {
        shown.error(&builder(url).build().await.expect_err(url));
        let variables =
            [("REDIS_URL", url), ("CACHE_TYPE", "redis"), ("CACHE_KEY_SECRET", "planted")];
        let builder = Caches::builder().variables(variables);
        shown.debug(&builder);
        shown.error(&builder.build().await.expect_err(url));
    }
    shown.holds_nothing_planted(&["redis://", "CACHE_KEY_SECRET"]);
}

#[tokio::test]
async fn not_where_tls_files_are_wrong() {
    let mut shown = Shown::begin();
    let home = tempfile::tempdir().unwrap();
    let url = "rediss://planted-user:planted-password@localhost:1";
    let wrong = [
        "planted-text",
        "-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----",
    ];
    for text in wrong {
        let file = home.path().join("file.pem");
        fs::write(&file, text).unwrap();
        let path = Some(file.display().to_string());
        for (ca, cert, key) in [(true, false, false), (false, true, true), (false, true, false)] {
            let mut files = TlsFiles::default();
            (files.ca, files.cert, files.key) = (
                path.clone().filter(|_| ca),
                path.clone().filter(|_| cert),
                path.clone().filter(|_| key),
            );
            let builder = builder(url).redis_tls(files);
            shown.debug(&builder);
            shown.error(&builder.build().await.expect_err(text));
        }
    }
    shown.holds_nothing_planted(&["file.pem", "CERTIFICATE"]);
}
