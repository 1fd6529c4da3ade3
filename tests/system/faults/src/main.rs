//! A service that calls its caches all the time. `POST /fault/{name}/on` plants a fault in what its
//! functions call or return, and `…/off` takes it away.

use std::{
    env,
    error::Error,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use cachery::{
    Caches,
    axum::{Access, routes},
    cached,
};
use tokio::{net::TcpListener, time::sleep};

/// The token of this check.
const TOKEN: &str = "only-for-this-check";

/// The faults, each off at first.
static FAULTS: [(&str, AtomicBool); 4] = [
    ("slow", AtomicBool::new(false)),
    ("failing", AtomicBool::new(false)),
    ("oversized", AtomicBool::new(false)),
    ("crowded", AtomicBool::new(false)),
];

fn fault(name: &str) -> Option<&'static AtomicBool> {
    FAULTS.iter().find(|(known, _)| *known == name).map(|(_, fault)| fault)
}

fn is_on(name: &str) -> bool {
    fault(name).is_some_and(|fault| fault.load(Relaxed))
}

/// A price from Redis, which is well.
#[cached(name = "prices", ttl = "1s", backend = "tiered")]
async fn price(id: u64) -> u64 {
    id
}

/// A summary of an upstream that may be slow.
#[cached(name = "summaries", ttl = "1s", backend = "memory")]
async fn summary(id: u64) -> u64 {
    let time = if is_on("slow") { 1500 } else { 5 };
    sleep(Duration::from_millis(time)).await;
    id
}

/// A rating of an upstream that may fail.
#[cached(name = "ratings", ttl = "1s", backend = "memory")]
async fn rating(id: u64) -> Result<u64, String> {
    if is_on("failing") { Err("the upstream is away".to_owned()) } else { Ok(id) }
}

/// A picture that may have more bytes than Redis is to keep.
#[cached(name = "pictures", ttl = "1s", backend = "tiered")]
async fn picture(id: u64) -> Vec<u8> {
    let bytes = if is_on("oversized") { 5000 } else { 100 };
    vec![u8::try_from(id % 7).unwrap_or_default(); bytes]
}

/// A session: calls ask for more of them than there is room for.
#[cached(name = "sessions", ttl = "1h", capacity = 8, backend = "memory")]
async fn session(id: u64) -> u64 {
    id
}

/// Calls all functions, some times a second.
async fn call() {
    for round in 0_u64.. {
        price(round % 5).await;
        let _ = rating(round % 5).await;
        picture(round % 5).await;
        let sessions = if is_on("crowded") { 1000 } else { 4 };
        for nth in 0..4 {
            session((4 * round + nth) % sessions).await;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn call_slow() {
    for round in 0_u64.. {
        summary(round % 4).await;
        sleep(Duration::from_millis(50)).await;
    }
}

async fn plant(Path((name, state)): Path<(String, String)>) -> StatusCode {
    let Some(fault) = fault(&name) else { return StatusCode::NOT_FOUND };
    fault.store(state == "on", Relaxed);
    StatusCode::OK
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).ok_or("the address is missing")?;
    let caches = Caches::from_env().await?;
    let app = Router::new()
        .route("/fault/{name}/{state}", post(plant))
        .nest("/ops", routes(caches.clone(), Access::token("ops", TOKEN)));
    caches.install()?;
    tokio::spawn(call());
    tokio::spawn(call_slow());
    let listener = TcpListener::bind(address).await?;
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
