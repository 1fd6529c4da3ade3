//! K3: a hit allocates nothing, whatever the arguments' length.

use std::sync::Arc;

use allocation_counter::measure;
use cachery::{Caches, cached, caches};
use tokio::task::coop::unconstrained;

#[cached(name = "shared", ttl = "1h")]
async fn shared(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {}", text.len()).into()
}

caches! {
    static TENANT: Tag<u64> = { name: "allocations-tenant" };
    static TEXT: Tag<(u64, String)> = { name: "allocations-text" };
}

#[cached(name = "shared-tagged", ttl = "1h", tags(TENANT(tenant), TEXT(tenant, text)))]
async fn tagged(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {}", text.len()).into()
}

#[cached(name = "shared-batch", ttl = "1h", batch = ids)]
async fn batch(ids: &[u64]) -> Result<Vec<Arc<str>>, String> {
    Ok(ids.iter().map(|id| id.to_string().into()).collect())
}

struct Service {
    tenant: u64,
}

impl Service {
    #[cached(name = "shared-method", ttl = "1h", key(self.tenant, text))]
    async fn shared(&self, text: &str) -> Option<Arc<str>> {
        Some(format!("{}: {}", self.tenant, text.len()).into())
    }
}

/// Allocations of 10,000 hits, after the entry is stored and found a hundred times.
fn allocations_of_hits<F: Future>(call: impl Fn() -> F) -> u64 {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(unconstrained(Caches::isolated().scope(async {
        for _ in 0..100 {
            call().await;
        }
        // The future is polled by this thread only, so the count of this thread is the count of the
        // hits. It does not let others run.
        let mut hits = 0;
        let counted = measure(|| {
            while hits < 10_000 {
                let hit = std::pin::pin!(call());
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(hit.poll(&mut context).is_ready(), "a hit does not wait");
                hits += 1;
            }
        });
        counted.count_total
    })))
}

#[test]
fn a_hit_with_a_16_byte_argument_allocates_nothing() {
    assert_eq!(allocations_of_hits(|| shared(7, "sixteen bytes ok")), 0);
}

#[test]
fn a_hit_with_a_64_kib_argument_allocates_nothing() {
    let text = "x".repeat(64 * 1024);
    assert_eq!(allocations_of_hits(|| shared(7, &text)), 0);
}

#[test]
fn a_hit_with_tags_allocates_nothing() {
    assert_eq!(allocations_of_hits(|| tagged(7, "sixteen bytes ok")), 0);
}

#[test]
fn a_hit_of_a_method_allocates_nothing() {
    let service = Service { tenant: 7 };
    assert_eq!(allocations_of_hits(|| service.shared("text")), 0);
}

#[test]
fn a_batch_of_hits_allocates_the_list_of_its_values() {
    let ids: Vec<u64> = (0..128).collect();
    assert_eq!(allocations_of_hits(|| batch(&ids)), 10_000, "one for each of so many calls");
}

#[test]
fn a_loop_of_hits_that_lets_others_run_allocates_nothing() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let caches = Caches::isolated();
    let allocations = |hits: u64| {
        let run = caches.scope(async move {
            for _ in 0..hits {
                shared(7, "in turn").await;
            }
        });
        measure(|| runtime.block_on(run)).count_total
    };
    allocations(100);
    // Either run lets others run often, for which the runtime keeps a list.
    assert_eq!(allocations(200_000), allocations(100_000));
}
