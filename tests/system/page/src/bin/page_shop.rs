//! A shop with caches in memory and in Redis: `page_shop healthy|down|thrash`.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers, drawn at random"
)]

use std::{env, time::Duration};

use cachery::{Backend, Caches, cached, config::CacheSettings, health::Status};
use cachery_page::{app, pass, serve};
use cachery_test_support::{Server, eventually};
use tokio::time::advance;

/// Fifteen minutes, and two slots before them.
const SLOTS: u32 = 62;

/// Lets time pass, as a slow call does.
async fn takes(millis: u64) {
    advance(Duration::from_millis(millis)).await;
}

#[cached(name = "product", ttl = "10m", capacity = 5_000, backend = "tiered")]
async fn product(id: u64) -> String {
    takes(18).await;
    format!("product {id}")
}

#[cached(name = "search", ttl = "2m", capacity = 2_000, backend = "tiered")]
async fn search(tenant: u64, text: &str) -> Vec<u64> {
    takes(140).await;
    vec![tenant, text.len() as u64]
}

#[cached(name = "sentiment", ttl = "24h", capacity = 10_000)]
async fn sentiment(text: &str) -> Result<u32, String> {
    takes(820).await;
    if text.starts_with("bad") { Err("the model is busy".to_owned()) } else { Ok(1) }
}

#[cached(name = "exchange-rate", ttl = "30s", stale = "5m", capacity = 100, cost = 0.002)]
async fn exchange_rate(from: &str, to: &str) -> u64 {
    takes(60).await;
    (from.len() + to.len()) as u64
}

#[cached(name = "recommendations", ttl = "1h", capacity = 1_000)]
async fn recommendations(user: u64) -> Vec<u64> {
    takes(310).await;
    vec![user; 8]
}

#[cached(name = "session", ttl = "30m", backend = "redis")]
async fn session(token: u64) -> u64 {
    takes(4).await;
    token
}

#[cached(name = "thumbnail", ttl = "forever", max_bytes = "256KiB")]
async fn thumbnail(id: u64) -> Vec<u8> {
    takes(35).await;
    vec![0; 1024 + (id % 7) as usize * 256]
}

/// A report is asked for once for each customer and day, so no cache helps it.
#[cached(name = "report", ttl = "1h", capacity = 50)]
async fn report(customer: u64, day: u32) -> u64 {
    takes(90).await;
    customer + u64::from(day)
}

/// A number below `most`; small ones come more often.
fn favourite(most: u64) -> u64 {
    (fastrand::f64().powi(4) * most as f64) as u64
}

/// The calls of a quarter of a minute.
async fn shop(slot: u32, thrashes: bool) {
    let wave = 1.0 + 0.35 * (f64::from(slot) / 9.0).sin() + 0.1 * fastrand::f64();
    let times = |number: f64| 0..(number * wave) as u32;
    for _ in times(220.0) {
        product(favourite(900)).await;
    }
    for _ in times(60.0) {
        search(favourite(12), ["boots", "red dress", "lamp", "chair"][fastrand::usize(..4)]).await;
    }
    for _ in times(9.0) {
        let bad = (20..34).contains(&slot) && fastrand::u8(..) > 20;
        let text = format!("{} {}", if bad { "bad" } else { "good" }, favourite(80));
        let _ = sentiment(&text).await;
    }
    for _ in times(17.0) {
        let from = ["EUR", "USD", "JPY"][fastrand::usize(..3)];
        tokio::join!(exchange_rate(from, "GBP"), exchange_rate(from, "GBP"));
    }
    for _ in times(7.0) {
        let user = favourite(120);
        tokio::join!(recommendations(user), recommendations(user));
    }
    for _ in times(24.0) {
        session(favourite(60)).await;
    }
    for _ in times(18.0) {
        thumbnail(favourite(400)).await;
    }
    for _ in times(if thrashes { 26.0 } else { 0.0 }) {
        report(fastrand::u64(..40_000), slot).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let state = env::args().nth(1).expect("`healthy`, `down` or `thrash`");
    let server = Server::start().await;
    let builder = Caches::builder().isolated().redis_url(server.url());
    let caches = builder.all(CacheSettings::new().backend(Backend::Memory)).build().await;
    let caches = caches.expect("right settings");
    let app = app(&caches);
    becomes(&caches, Status::Up).await;
    fastrand::seed(16);
    let thrashes = state == "thrash";
    caches.scope(pass(SLOTS, async |slot| shop(slot, thrashes).await)).await;
    if state == "down" {
        server.kill();
        becomes(&caches, Status::Down).await;
    }
    serve(app).await;
}

/// Waits until the health of `caches` has this status.
async fn becomes(caches: &Caches, status: Status) {
    eventually("the health changes", Duration::from_secs(20), async || {
        (caches.health().await.status == status).then_some(())
    })
    .await;
}
