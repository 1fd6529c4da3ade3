//! Calls a function whose values are stored, and prints the allocations of these calls.
//!
//! `hit process|scoped|tagged|stale KEYS CALLS`: in the registry of the process, as the environment
//! configures it, or in one of a scope; of a function with a tag; and of one whose values are past
//! their ttl. Callgrind counts the instructions of [`serve`] alone.

use std::{env, hint::black_box, sync::Arc, time::Duration};

use allocation_counter::measure;
use cachery::{Caches, cached, caches};
use tokio::runtime::Runtime;

caches! {
    static TENANT: Tag<u64> = { name: "hit-tenant" };
}

#[cached(name = "hit", ttl = "1h", capacity = 100_000)]
async fn hit(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {text}").into()
}

#[cached(name = "tagged", ttl = "1h", capacity = 100_000, tags(TENANT(tenant)))]
async fn tagged(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {text}").into()
}

/// Returns at once the first time for each text; a new value never comes.
#[cached(name = "stale", ttl = "1m", stale = "1h", detach)]
async fn stale(tenant: u64, text: &str) -> Arc<str> {
    if stale::peek(tenant, text).await.is_some() {
        std::future::pending::<()>().await;
    }
    format!("{tenant}: {text}").into()
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next().expect("`hit process|scoped|tagged|stale KEYS CALLS`");
    let mode = argument();
    let [keys, calls] = [(); 2].map(|()| argument().parse().expect("a number"));
    let texts: Vec<_> = (0..keys).map(|n| format!("some text {n:08}")).collect();
    let allocations = match &*mode {
        "process" => measured(&texts, calls, Function::Hit, || ()),
        "scoped" => Caches::isolated().sync_scope(|| measured(&texts, calls, Function::Hit, || ())),
        "tagged" => measured(&texts, calls, Function::Tagged, || ()),
        "stale" => {
            let caches = Caches::isolated();
            let end_ttls = || caches.clock().advance(Duration::from_secs(90));
            caches.sync_scope(|| measured(&texts, calls, Function::Stale, end_ttls))
        }
        other => panic!("{other:?} is none of `process`, `scoped`, `tagged` and `stale`"),
    };
    println!("{allocations}");
}

#[derive(Clone, Copy)]
enum Function {
    Hit,
    Tagged,
    Stale,
}

/// Returns the allocations of so many calls of `function`, after `prepare` has run on the loaded
/// values.
fn measured(texts: &[String], calls: usize, function: Function, prepare: impl FnOnce()) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(ask(texts, texts.len(), function));
    prepare();
    // A key that was asked for three times has its highest mark.
    runtime.block_on(ask(texts, 3 * texts.len(), function));
    measure(|| serve(&runtime, texts, calls, function)).count_total
}

#[inline(never)]
fn serve(runtime: &Runtime, texts: &[String], calls: usize, function: Function) {
    runtime.block_on(ask(texts, calls, function));
}

/// Calls for the keys in turn. Each function has a loop of its own, which costs as little as it can.
async fn ask(texts: &[String], calls: usize, function: Function) {
    let texts = texts.iter().cycle().take(calls);
    match function {
        Function::Hit => {
            for text in texts {
                black_box(hit(7, text).await);
            }
        }
        Function::Tagged => {
            for text in texts {
                black_box(tagged(7, text).await);
            }
        }
        Function::Stale => {
            for text in texts {
                black_box(stale(7, text).await);
            }
        }
    }
}
