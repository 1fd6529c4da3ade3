//! A program without a cache.

use cachery::Caches;
use cachery_page::{app, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    serve(app(&Caches::isolated())).await;
}
