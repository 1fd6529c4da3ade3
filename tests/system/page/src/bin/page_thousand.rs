//! A program with 1,000 caches. Prints the number of series that a scrape of its metrics has.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use cachery::Caches;
use cachery_page::{READER, app};
use tower::ServiceExt as _;

include!(concat!(env!("OUT_DIR"), "/thousand.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let caches = Caches::isolated();
    let app = app(&caches);
    let calls = async {
        for cache in ALL {
            // As many different keys as an attacker likes: none is a label.
            for key in 0..3 {
                cache.get_or_load(&key, || async { key }).await;
            }
        }
    };
    caches.scope(calls).await;
    let request = Request::get("/ops/metrics").header("authorization", format!("Bearer {READER}"));
    let request = request.body(Body::empty()).expect("a right request");
    let response = app.oneshot(request).await.expect("a router does not fail");
    let text = to_bytes(response.into_body(), 1 << 28).await.expect("a whole body");
    let text = String::from_utf8(text.into()).expect("text");
    println!("{}", text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count());
}
