//! What a registry does to the process around it: it leaves the cryptography of TLS to the program,
//! and its log contradicts no error.
//!
//! A process of its own, because each test is about what the whole process has.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cachery::{
    Backend, Caches, cached,
    config::{CacheSettings, CachesBuilder, TlsFiles},
    health::Status,
};
use cachery_test_support::{Log, Server};
use rustls::crypto::{CryptoProvider, ring};

/// The time that a start waits where it can go on without Redis.
const A_START: Duration = Duration::from_secs(1);

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
async fn a_start_waits_only_for_what_is_not_there_yet_and_its_log_contradicts_no_error() {
    let log = Log::default();
    log.of_process();
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
