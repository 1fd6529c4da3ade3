//! A program with 200 caches, of which most have something to do.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers, drawn at random"
)]

use cachery::Caches;
use cachery_page::{app, pass, serve};

include!(concat!(env!("OUT_DIR"), "/two_hundred.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let caches = Caches::isolated();
    let app = app(&caches);
    fastrand::seed(7);
    let calls = async |slot| {
        for (nth, cache) in ALL.iter().enumerate() {
            let most = nth as u64 * 7 % 23 * (8 + u64::from(slot) % 5) / 8;
            for _ in 0..most {
                let key = (fastrand::f64().powi(3) * 40.0 * (1 + nth % 9) as f64) as u64;
                cache.get_or_load(&key, || async { key }).await;
            }
        }
    };
    caches.scope(pass(62, calls)).await;
    serve(app).await;
}
