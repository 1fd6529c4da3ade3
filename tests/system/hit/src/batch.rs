//! Calls a function of many items whose values are stored, and prints the allocations of these calls.
//!
//! `cachery-hit-batch CALLS`. Callgrind counts the instructions of [`serve`] alone. It is a program of
//! its own, so that the other one's hits stay as they are.

use std::{env, hint::black_box, sync::Arc};

use allocation_counter::measure;
use cachery::cached;
use tokio::runtime::Runtime;

/// The items of a call.
const ITEMS: usize = 128;

#[cached(name = "batch", ttl = "1h", capacity = 100_000, batch = texts)]
async fn batch(tenant: u64, texts: &[String]) -> Result<Vec<Arc<str>>, String> {
    Ok(texts.iter().map(|text| format!("{tenant}: {text}").into()).collect())
}

fn main() {
    let calls = env::args().nth(1).and_then(|calls| calls.parse().ok());
    let calls = calls.expect("`cachery-hit-batch CALLS`");
    let texts: Vec<_> = (0..ITEMS).map(|n| format!("some text {n:08}")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    // A key that was asked for three times has its highest mark.
    runtime.block_on(ask(&texts, 4));
    println!("{}", measure(|| serve(&runtime, &texts, calls)).count_total);
}

#[inline(never)]
fn serve(runtime: &Runtime, texts: &[String], calls: usize) {
    runtime.block_on(ask(texts, calls));
}

async fn ask(texts: &[String], calls: usize) {
    for _ in 0..calls {
        black_box(batch(7, texts).await).expect("it does not fail");
    }
}
