//! Two attributes on one function. An effect belongs to the body: a hit runs no body and so has no
//! effect, whichever attribute comes first.

use cachery::{cache_put, cached, invalidate};

use super::{Runs, alone};

#[cached(name = "standards-stock", ttl = 60)]
async fn stock(id: u64) -> u64 {
    id
}

#[cached(name = "standards-total", ttl = 60)]
async fn total() -> u64 {
    10
}

#[cached(name = "standards-above", ttl = 60, skip(runs))]
#[invalidate(stock(id))]
async fn cached_above(runs: &Runs, id: u64) -> Result<u64, String> {
    _ = runs.next();
    if id == 0 { Err("no".into()) } else { Ok(id) }
}

#[invalidate(stock(id))]
#[cached(name = "standards-below", ttl = 60, skip(runs))]
async fn cached_below(runs: &Runs, id: u64) -> Result<u64, String> {
    _ = runs.next();
    if id == 0 { Err("no".into()) } else { Ok(id) }
}

#[invalidate(before, stock(id))]
#[cached(name = "standards-before", ttl = 60)]
async fn cached_before(id: u64) -> u64 {
    id
}

#[cached(name = "standards-putting", ttl = 60)]
#[cache_put(stock(id))]
async fn cached_and_put(id: u64) -> u64 {
    id + 1000
}

#[invalidate(stock(id))]
#[invalidate(before, stock(id + 1))]
#[invalidate(all(total))]
async fn sell(id: u64, fail: bool) -> Result<u64, String> {
    if fail { Err("no".into()) } else { Ok(id) }
}

#[cache_put(stock(id))]
#[invalidate(total())]
async fn deliver(id: u64, fail: bool) -> Result<u64, String> {
    if fail { Err("no".into()) } else { Ok(id + 100) }
}

#[invalidate(total())]
#[cache_put(stock(id))]
async fn deliver_too(id: u64, fail: bool) -> Result<u64, String> {
    if fail { Err("no".into()) } else { Ok(id + 100) }
}

struct Depot {
    tenant: u64,
}

impl Depot {
    #[cached(name = "standards-item", ttl = 60, key(self.tenant, id))]
    async fn item(&self, id: u64) -> u64 {
        id
    }

    #[cached(name = "standards-moved-above", ttl = 60, key(self.tenant, id))]
    #[invalidate(self.item(id))]
    async fn moved_above(&self, id: u64) -> u64 {
        id
    }

    #[invalidate(Self::item(self, id))]
    #[cached(name = "standards-moved-below", ttl = 60, key(self.tenant, id))]
    async fn moved_below(&self, id: u64) -> u64 {
        id
    }
}

/// A miss of `$call` invalidates the entry at `$peek`, and a hit does not.
macro_rules! acts_on_a_miss_alone {
    ($call:expr, $store:expr, $peek:expr) => {
        _ = $store.await;
        _ = $call.await;
        assert!($peek.await.is_none(), "a miss ran the body");
        _ = $store.await;
        _ = $call.await;
        assert!($peek.await.is_some(), "a hit runs no body");
    };
}

#[tokio::test]
async fn cached_above_invalidate_invalidates_nothing_on_a_hit() {
    alone(async {
        let runs = Runs::default();
        acts_on_a_miss_alone!(cached_above(&runs, 1), stock(1), stock::peek(1));
        assert_eq!(runs.count(), 1);
        cached_above::refresh(&runs, 1).await.unwrap();
        assert!(stock::peek(1).await.is_none(), "a refresh runs the body");
    })
    .await;
}

#[tokio::test]
async fn invalidate_above_cached_invalidates_nothing_on_a_hit() {
    alone(async {
        let runs = Runs::default();
        acts_on_a_miss_alone!(cached_below(&runs, 1), stock(1), stock::peek(1));
        assert_eq!(runs.count(), 1);
        cached_below::refresh(&runs, 1).await.unwrap();
        assert!(stock::peek(1).await.is_none(), "a refresh runs the body");
    })
    .await;
}

#[tokio::test]
async fn an_effect_before_belongs_to_the_body_too() {
    alone(async {
        acts_on_a_miss_alone!(cached_before(1), stock(1), stock::peek(1));
    })
    .await;
}

#[tokio::test]
async fn a_load_that_fails_invalidates_nothing_in_either_order() {
    alone(async {
        let runs = Runs::default();
        stock(0).await;
        assert!(cached_above(&runs, 0).await.is_err() && cached_below(&runs, 0).await.is_err());
        assert!(stock::peek(0).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_cached_function_puts_what_it_loaded_into_another_cache() {
    alone(async {
        cached_and_put(1).await;
        assert_eq!(stock::peek(1).await, Some(1001));
        stock::put(1, 5).await;
        cached_and_put(1).await;
        assert_eq!(stock::peek(1).await, Some(5), "a hit puts nothing");
    })
    .await;
}

#[tokio::test]
async fn methods_keep_the_rule_in_both_orders() {
    alone(async {
        let depot = Depot { tenant: 7 };
        acts_on_a_miss_alone!(depot.moved_above(1), depot.item(1), depot.item_peek(1));
        acts_on_a_miss_alone!(depot.moved_below(2), depot.item(2), depot.item_peek(2));
    })
    .await;
}

#[tokio::test]
async fn several_invalidates_on_one_function_all_act_each_in_its_own_time() {
    alone(async {
        let stored = async || (stock::peek(1).await, stock::peek(2).await, total::peek().await);
        stock(1).await;
        stock(2).await;
        total().await;
        assert!(sell(1, true).await.is_err());
        assert_eq!(stored().await, (Some(1), None, Some(10)), "only the one that is before");
        stock(2).await;
        sell(1, false).await.unwrap();
        assert_eq!(stored().await, (None, None, None));
    })
    .await;
}

#[tokio::test]
async fn a_put_and_an_invalidate_on_one_function_act_together_in_either_order() {
    alone(async {
        let stored = async || (stock::peek(1).await, total::peek().await);
        stock(1).await;
        total().await;
        assert!(deliver(1, true).await.is_err() && deliver_too(1, true).await.is_err());
        assert_eq!(stored().await, (Some(1), Some(10)));
        deliver(1, false).await.unwrap();
        assert_eq!(stored().await, (Some(101), None));
        stock::put(1, 1).await;
        total().await;
        deliver_too(1, false).await.unwrap();
        assert_eq!(stored().await, (Some(101), None));
    })
    .await;
}
