//! The rules of invalidations that are collected, and applied later.

use std::sync::Arc;

use cachery::{Backend, Invalidation, Invalidations, cached, caches};
use cachery_test_support::{Probe, ended, spawn, until};

use super::place::Place;

#[cached(name = "targets-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

#[cached(name = "targets-by-thread", ttl = 3600)]
fn by_thread(id: u64) -> u64 {
    id
}

#[derive(Clone, Copy)]
struct Shop {
    tenant: u64,
}

impl Shop {
    #[cached(name = "targets-of-shop", ttl = 3600, key(self.tenant))]
    async fn order(&self, id: u64) -> u64 {
        self.tenant + id
    }
}

caches! {
    static NAMES: Cache<u64, String> = { name: "targets-names", ttl: 3600 };
}

#[cached(name = "targets-total", ttl = 3600)]
async fn total(id: u64) -> u64 {
    id
}

fn reach(place: &Place) -> Invalidation {
    match place.backend {
        Backend::Memory => Invalidation::Local,
        _ => Invalidation::Everywhere,
    }
}

pub(crate) async fn targets_of_every_kind_are_invalidated_together_and_not_before(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        let shop = Shop { tenant: 7 };
        number(1, &probe).await;
        number(2, &probe).await;
        by_thread(1);
        shop.order(1).await;
        NAMES.put(&1, "Ada".to_owned()).await;
        total(1).await;
        let mut later = Invalidations::new();
        later.add(number::target(1));
        later.extend([by_thread::target(1), shop.order_target(1), NAMES.target(&1)]);
        later.add(total::cache().target());
        assert_eq!(later.len(), 5);
        assert_eq!((number::peek(1).await, by_thread::peek(1)), (Some(1), Some(1)));
        assert_eq!((shop.order_peek(1).await, total::peek(1).await), (Some(8), Some(1)));
        assert_eq!(later.apply().await, reach(&place));
        assert_eq!((number::peek(1).await, by_thread::peek(1)), (None, None));
        assert_eq!((shop.order_peek(1).await, total::peek(1).await), (None, None));
        assert_eq!(NAMES.get(&1).await, None);
        assert_eq!(number::peek(2).await, Some(2), "another key");
    })
    .await;
}

pub(crate) async fn a_load_from_before_the_targets_were_applied_stores_nothing(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let later: Invalidations = [number::target(1)].into_iter().collect();
        let running = Arc::clone(&probe);
        let caller = spawn(async move { number(1, &running).await });
        until(|| probe.runs() == 1).await;
        assert_eq!(later.apply().await, reach(&place));
        probe.open();
        assert_eq!(ended(caller).await.unwrap(), 1);
        assert_eq!(number::peek(1).await, None);
    })
    .await;
}

pub(crate) async fn without_targets_nothing_is_done(place: Place) {
    let node = place.node().await;
    assert_eq!(node.scope(Invalidations::new().apply()).await, Invalidation::Local);
}
