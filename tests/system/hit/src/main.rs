//! Calls a function whose values are stored, and prints the allocations of these calls.
//!
//! `hit process|scoped KEYS CALLS`: in the registry of the process, as the environment configures
//! it, or in one of a scope. Callgrind counts the instructions of [`serve`] alone.

use std::{env, hint::black_box, sync::Arc};

use allocation_counter::measure;
use cachery::{Caches, cached};
use tokio::runtime::Runtime;

#[cached(name = "hit", ttl = "1h", capacity = 100_000)]
async fn hit(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {text}").into()
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next().expect("`hit process|scoped KEYS CALLS`");
    let scope = match &*argument() {
        "process" => None,
        "scoped" => Some(Caches::isolated()),
        other => panic!("{other:?} is neither `process` nor `scoped`"),
    };
    let [keys, calls] = [(); 2].map(|()| argument().parse().expect("a number"));
    let texts: Vec<_> = (0..keys).map(|n| format!("some text {n:08}")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let run = || {
        // A key that was asked for three times has its highest mark.
        runtime.block_on(ask(&texts, 4 * keys));
        measure(|| serve(&runtime, &texts, calls)).count_total
    };
    println!("{}", scope.map_or_else(run, |caches| caches.sync_scope(run)));
}

#[inline(never)]
fn serve(runtime: &Runtime, texts: &[String], calls: usize) {
    runtime.block_on(ask(texts, calls));
}

/// Calls for the keys in turn.
async fn ask(texts: &[String], calls: usize) {
    for text in texts.iter().cycle().take(calls) {
        black_box(hit(7, text).await);
    }
}
