//! One cached function behind axum, with its live page, health, statistics, metrics and changes. Run
//! it with `cargo run --features axum --example axum`, and try the lines that it prints.

use std::time::Duration;

use axum::{Router, extract::Path, routing::get};
use cachery::{
    Caches,
    axum::{Access, routes},
    cached,
};

/// The token of the example. A real one comes from the environment.
const TOKEN: &str = "only-for-this-example";

#[cached(name = "sentiment", ttl = "1h")]
async fn sentiment(text: &str) -> String {
    tokio::time::sleep(Duration::from_millis(300)).await; // a model API at 3 cents a call
    format!("{} words, all of them kind\n", text.split_whitespace().count())
}

async fn show(Path(text): Path<String>) -> String {
    sentiment(&text).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let caches = Caches::from_env().await?;
    let access = Access::token("ops", TOKEN);
    let app = Router::new()
        .route("/sentiment/{text}", get(show))
        .nest("/ops", routes(caches.clone(), access));
    caches.install()?;

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let token = format!("-H 'Authorization: Bearer {TOKEN}'");
    let json = "-X POST -H 'Content-Type: application/json'";
    println!("curl {url}/sentiment/great            # slow once, then fast");
    println!("browse {url}/ops/cache               # the live page, with the token {TOKEN}");
    println!("curl {url}/ops/health/ready");
    println!("curl {token} {url}/ops/health");
    println!("curl {token} -H 'Accept: text/plain' {url}/ops/api/cache/stats");
    println!("curl {token} {url}/ops/metrics");
    println!("curl {token} {json} {url}/ops/api/cache/sentiment/clear");

    // The address of the peer, so that wrong tokens are counted for each.
    let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped()).await?;
    Caches::current().shutdown(Duration::from_secs(5)).await;
    Ok(())
}

async fn stopped() {
    let _ = tokio::signal::ctrl_c().await;
}
