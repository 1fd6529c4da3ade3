//! The bytes that an entry takes beyond its key and its value, with a million entries. A program of
//! its own, because its allocator counts bytes.

#[allow(dead_code, reason = "the other programs use the rest")]
mod contenders;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use cachery_benches::{Aim, report};
use contenders::{Contender, TENANT, contenders};
use tokio::runtime::{Builder, Runtime};

const ENTRIES: usize = 1_000_000;
/// The most bytes that an entry of ours should take.
const AIM: Aim = Aim(290.0);

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
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let contenders = contenders!(Stores);
    let mut head = vec!["bytes an entry"];
    head.extend(contenders.map(|contender| contender.name()));
    let each = contenders.map(|contender| format!("{:.0}", contender.bytes(&runtime, &texts)));
    let mut row = vec![format!("{ENTRIES} entries")];
    row.extend(each);
    row[1] = AIM.mark(&row[1]);
    report::report("bytes", &report::table(&head, [row]));
}

/// A contender as an object.
trait Stores {
    fn name(&self) -> &'static str;

    /// Stores all values. Returns the bytes of an entry, without those of the key and of the value.
    fn bytes(&self, runtime: &Runtime, texts: &[String]) -> f64;
}

impl<C: Contender> Stores for C {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn bytes(&self, runtime: &Runtime, texts: &[String]) -> f64 {
        let before = LIVE.load(Relaxed);
        let own: usize = runtime.block_on(async {
            let mut own = 0;
            for text in texts {
                let value = C::shared(TENANT, text).await;
                // The number and the text; the counts of the `Arc` and its text.
                own += size_of::<u64>() + text.len();
                own += 2 * size_of::<usize>() + value.len();
            }
            own
        });
        (LIVE.load(Relaxed) as f64 - before as f64 - own as f64) / texts.len() as f64
    }
}
