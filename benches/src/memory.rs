//! The bytes that an entry takes beyond its key and its value, with a million entries. A program of
//! its own, because its allocator counts bytes.

#[allow(dead_code, reason = "the other programs use the rest")]
mod contenders;
mod report;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fmt::Write as _,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use contenders as c;

const ENTRIES: usize = 1_000_000;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn main() {
    let texts: Vec<String> = (0..ENTRIES).map(|n| format!("review number {n}")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let each = runtime.expect("a runtime").block_on(async {
        [
            bytes(&texts, c::ours).await,
            bytes(&texts, c::ours_on_moka).await,
            bytes(&texts, c::quick_by_hand).await,
            bytes(&texts, c::moka_by_hand).await,
        ]
    });
    let names = [c::NAMES[0], c::NAMES[1], c::NAMES[4], c::NAMES[5]];
    let mut table = format!("| bytes an entry | {} |\n|---|---|---|---|---|\n", names.join(" | "));
    let cells = each.map(|bytes| format!("{bytes:.0}")).join(" | ");
    writeln!(table, "| {ENTRIES} entries | {cells} |").expect("a string takes all");
    report::report("bytes", &table);
}

/// Stores all values. Returns the bytes of an entry, without those of the key and of the value.
async fn bytes<'t, F, Fut>(texts: &'t [String], call: F) -> f64
where
    F: Fn(u64, &'t str) -> Fut,
    Fut: Future<Output = Arc<str>> + 't,
{
    let before = LIVE.load(Relaxed);
    let mut own = 0;
    for text in texts {
        let value = call(7, text).await;
        // The number and the text; the counts of the `Arc` and its text.
        own += size_of::<u64>() + text.len();
        own += 2 * size_of::<usize>() + value.len();
    }
    (LIVE.load(Relaxed) - before - own) as f64 / texts.len() as f64
}
