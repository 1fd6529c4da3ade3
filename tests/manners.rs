//! The manners of a registry in the process around it: it leaves the cryptography of TLS to the program,
//! its log contradicts no error, and its totals begin as zero.
//!
//! A process of its own, because each test is about what the whole process has.

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use cachery::{
    Backend, Caches, cached,
    config::{CacheSettings, CachesBuilder, TlsFiles},
    health::Status,
};
use cachery_test_support::{Log, Recorder, Server, eventually};
use rustls::crypto::{CryptoProvider, ring};

/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Less than a start waits for what may come yet, and more than a busy machine needs.
const A_START: Duration = Duration::from_secs(8);

/// A process has one log.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    log.of_process();
    log
});

fn required(url: impl Into<String>) -> CachesBuilder {
    Caches::builder()
        .isolated()
        .redis_url(url)
        .required(true)
        .all(CacheSettings::new().backend(Backend::Tiered))
}

#[cached(name = "manners-square", ttl = "1h")]
async fn square(number: u64) -> u64 {
    number * number
}

#[tokio::test]
async fn the_cryptography_of_the_process_is_left_to_the_program() {
    let redis = Server::with(|config| config.mutual_tls()).await;
    let files = redis.certificates();
    let text = |path: &Path| path.display().to_string();
    let tls = TlsFiles::default()
        .ca(text(&files.authority))
        .client(text(&files.client), text(&files.client_key));
    let caches = required(format!("rediss://localhost:{}", redis.port())).redis_tls(tls);
    let caches = caches.build().await.unwrap();
    assert_eq!(caches.scope(square(3)).await, 9);
    assert_eq!(caches.health().await.status, Status::Up);
    assert!(CryptoProvider::get_default().is_none(), "it is chosen");
    ring::default_provider().install_default().expect("the program is the first");
}

#[tokio::test]
async fn nodes_of_one_program_under_two_profiles_are_told_that_nothing_crosses() {
    let log = &*LOG;
    let redis = Server::start().await;
    let told = || log.count("invalidations do not cross");
    let node = async |profile: &str| required(redis.url()).profile(profile).build().await.unwrap();
    let _staging = node("staging").await;
    let noted = async || redis.ask::<u64>(&["HLEN", "cachery:profiles"]).await;
    eventually("it is noted", PATIENCE, async || (noted().await == 1).then_some(())).await;
    assert_eq!(told(), 0, "{}", log.text());
    let _production = node("production").await;
    eventually("it is told", PATIENCE, async || (told() == 1).then_some(())).await;
    let text = log.text();
    let line = text.lines().find(|line| line.contains("do not cross")).unwrap();
    for part in ["`cachery.staging`", "`cachery.production`", "`staging`", "`production`"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    // Of one profile, or of one prefix, nodes share all.
    let _another = node("staging").await;
    let shared = required(redis.url()).profile("third").prefix("cachery.staging");
    let _shared = shared.build().await.unwrap();
    eventually("all are noted", PATIENCE, async || (noted().await == 3).then_some(())).await;
    assert!(!log.text().lines().any(|line| {
        line.contains("do not cross") && line.contains("third") && line.contains("`staging`")
    }));
}

#[tokio::test]
async fn series_of_operations_begin_as_zero_and_each_shared_cache_shows_its_prefix() {
    let redis = Server::start().await;
    let caches = required(redis.url()).prefix("shop").build().await.unwrap();
    let recorder = Recorder::default();
    metrics::with_local_recorder(&recorder, || caches.flush_metrics());
    for op in ["get", "begin", "renew", "release", "fill", "invalidate"] {
        let series = format!(r#"cache_backend_errors_total{{op="{op}"}}"#);
        assert_eq!(recorder.value(&series), Some(0), "{series}");
    }
    let info = r#"cache_info{backend="tiered",cache="manners-square",prefix="shop"}"#;
    assert_eq!(recorder.value(info), Some(1), "{:?}", recorder.all());
}

#[tokio::test]
async fn a_start_waits_only_for_what_is_not_there_yet_and_its_log_contradicts_no_error() {
    let log = &*LOG;
    let redis = Server::with(|config| config.password("right")).await;
    let address = redis.address().to_string();
    let began = Instant::now();
    let refused = required(redis.url().replace("right", "wrong")).build().await;
    let error = refused.unwrap_err().to_string();
    assert!(began.elapsed() < A_START, "{:?}", began.elapsed());
    assert!(error.contains("cannot be reached: ") && !error.contains("wrong"), "{error}");
    assert_eq!(log.count(&address), 0, "{}", log.text());

    redis.kill();
    let error = required(redis.url()).build().await.unwrap_err().to_string();
    assert!(error.contains("cannot be reached within ") && error.contains("refused"), "{error}");
    assert_eq!(log.count("the start waits for it up to 10 s"), 1, "{}", log.text());
    assert_eq!(log.count(&address), 0, "{}", log.text());
    assert_eq!(log.count("functions run"), 0, "{}", log.text());
}
