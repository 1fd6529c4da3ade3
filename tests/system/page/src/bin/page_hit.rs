//! Hits, with the routes mounted or without them: `page_hit with|without CALLS`. Callgrind counts
//! the instructions of [`serve`] alone.

use std::{env, hint::black_box};

use axum::{body::Body, http::Request};
use cachery::{Caches, cached};
use cachery_page::{READER, app};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

#[cached(name = "hit", ttl = "1h")]
async fn hit(tenant: u64, text: &str) -> u64 {
    tenant + text.len() as u64
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mounts = arguments.next().expect("`with` or `without`") == "with";
    let calls = arguments.next().and_then(|calls| calls.parse().ok()).expect("a number");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let routes = mounts.then(|| runtime.block_on(async { app(&Caches::current()) }));
    runtime.block_on(ask(100));
    if let Some(routes) = &routes {
        for path in ["/ops/metrics", "/ops/health", "/ops/api/cache/stats"] {
            let request = Request::get(path).header("authorization", format!("Bearer {READER}"));
            let request = request.body(Body::empty()).expect("a right request");
            let response = runtime.block_on(routes.clone().oneshot(request));
            assert!(response.expect("a router does not fail").status().is_success());
        }
    }
    serve(&runtime, calls);
    drop(routes);
}

#[inline(never)]
fn serve(runtime: &Runtime, calls: u64) {
    runtime.block_on(ask(calls));
}

async fn ask(calls: u64) {
    for call in 0..calls {
        black_box(hit(call % 10, "some text").await);
    }
}
