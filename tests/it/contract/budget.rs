//! The rules of a budget: loads beyond it do not begin.
//!
//! A window of the calendar ends at midnight, also while a test runs. So most budgets here slide, and
//! where one is of the calendar, the clock stands still.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{
    OverBudget, cached, caches,
    config::{Budget, CacheSettings, Window},
};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::sync::Barrier;

use super::place::Place;

/// Nano-dollars of a cent.
const CENT: u64 = 10_000_000;
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
/// The part of a sliding day by which a cost counts longer than the day at most.
pub(super) const ROUNDED_UP: Duration = Duration::from_secs(2 * 3600);

/// A paid model, which keeps its own bill.
#[derive(Default)]
pub(super) struct Model {
    billed: AtomicU64,
}

impl Model {
    /// Bills a cent.
    fn ask(&self, id: u64) -> u64 {
        self.billed.fetch_add(CENT, SeqCst);
        id
    }

    pub(super) fn cents(&self) -> u64 {
        self.billed.load(SeqCst) / CENT
    }
}

#[cached(
    name = "budget-answer",
    ttl = 3600,
    stale_if_error = "9d",
    cost = 0.01,
    budget = "0.10/24h",
    skip(model)
)]
pub(super) async fn answer(id: u64, model: &Model) -> Result<u64, OverBudget> {
    let answer = model.ask(id);
    tokio::task::yield_now().await;
    Ok(answer)
}

#[cached(name = "budget-slow", ttl = 3600, cost = 0.01, budget = "0.01/24h", skip(probe))]
async fn slow(_id: u64, probe: &Probe) -> Result<usize, OverBudget> {
    Ok(probe.run().await)
}

#[cached(
    name = "budget-measured",
    ttl = 3600,
    cost = |cents| f64::from(*cents) / 100.0,
    failed_cost = |_| 0.0,
    budget = "1/24h"
)]
async fn measured(_id: u64, cents: u32) -> Result<u32, String> {
    if cents == 0 { Err("no".to_owned()) } else { Ok(cents) }
}

#[cached(name = "budget-by-thread", ttl = 3600, cost = 1, budget = "2/24h")]
fn by_thread(id: u64) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    if id == 0 { Err("no".into()) } else { Ok(id) }
}

#[cached(name = "budget-detached", ttl = 3600, stale = "9d", cost = 1, budget = "1/24h", detach)]
async fn detached(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(name = "budget-batch", ttl = 3600, cost = 0.01, budget = "0.10/24h", batch = ids)]
async fn batch(ids: &[u64]) -> Result<Vec<u64>, String> {
    if ids.contains(&666) { Err("no".to_owned()) } else { Ok(ids.to_vec()) }
}

#[cached(name = "budget-off", ttl = 3600, cost = 1, budget = "off")]
async fn unlimited(id: u64) -> Result<u64, String> {
    Ok(id)
}

caches! {
    static LIMITED: Cache<u64, u64> =
        { name: "budget-declared", ttl: 3600, cost: 1, budget: "2/day" };
}

#[cached(cache = LIMITED)]
async fn limited(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(cache = LIMITED)]
fn limited_by_thread(id: u64) -> Result<u64, String> {
    if id == 0 { Err("no".into()) } else { Ok(id) }
}

pub(crate) async fn callers_at_once_never_spend_more_than_the_budget(place: Place) {
    let node = place.node().await;
    let model = Arc::new(Model::default());
    let barrier = Arc::new(Barrier::new(40));
    let calls: Vec<_> = (0..40)
        .map(|id| {
            let (model, barrier) = (Arc::clone(&model), Arc::clone(&barrier));
            let call = async move {
                barrier.wait().await;
                answer(id, &model).await.is_ok()
            };
            tokio::spawn(node.scope(call))
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += u64::from(ended(call).await.unwrap());
    }
    assert_eq!((answered, model.cents()), (10, 10));
    node.scope(async {
        let money = answer::cache().stats().money;
        assert_eq!((money.spent, money.over_budget), (10 * CENT, 30));
    })
    .await;
}

pub(crate) async fn a_spent_budget_refuses_loads_and_no_hits(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    let model = Model::default();
    node.scope(async {
        for id in 0..10 {
            assert_eq!(answer(id, &model).await, Ok(id));
        }
        let spent = answer(10, &model).await.unwrap_err();
        assert_eq!((spent.cache(), spent.budget().to_string()), ("budget-answer", "0.1/1d".into()));
        assert_eq!(spent.left(), 0);
        assert!((DAY..=DAY + ROUNDED_UP).contains(&spent.retry_after()), "{spent}");
        for id in 0..10 {
            assert_eq!(answer(id, &model).await, Ok(id), "a hit costs nothing");
        }
        assert_eq!(answer::refresh(3, &model).await, Err(spent));
        assert_eq!(answer::peek(3).await, Some(3), "what is stored stays");
        node.clock().advance(spent.retry_after());
        assert_eq!(answer(10, &model).await, Ok(10), "what was spent a day ago counts no more");
        assert_eq!(model.cents(), 11);
    })
    .await;
}

pub(crate) async fn a_usable_value_serves_where_the_budget_is_spent(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    let model = Model::default();
    node.scope(async {
        answer(1, &model).await.unwrap();
        node.clock().advance(DAY + ROUNDED_UP);
        for id in 2..12 {
            answer(id, &model).await.unwrap();
        }
        assert_eq!(answer(1, &model).await, Ok(1), "of yesterday");
        assert_eq!(model.cents(), 11);
        let served = answer::served(1, &model).await.unwrap();
        assert!(served.stale);
        let stats = answer::cache().stats();
        assert_eq!((stats.freshness.over_budget, stats.money.over_budget), (1, 1));
        assert_eq!(stats.load_errors, 0, "a load that did not begin has not failed");
    })
    .await;
}

pub(crate) async fn callers_who_wait_get_the_error_of_a_refused_load(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let call = |id| {
            let probe = Arc::clone(&probe);
            async move { slow(id, &probe).await }
        };
        let first = spawn(call(1));
        until(|| probe.runs() == 1).await;
        let others: Vec<_> = (0..9).map(|_| spawn(call(2))).collect();
        for other in others {
            assert!(ended(other).await.unwrap().is_err());
        }
        assert_eq!(probe.runs(), 1);
        probe.open();
        assert_eq!(ended(first).await.unwrap(), Ok(1));
    })
    .await;
}

pub(crate) async fn a_load_that_is_dropped_stays_spent(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let call = {
            let probe = Arc::clone(&probe);
            spawn(async move { slow(1, &probe).await })
        };
        until(|| probe.runs() == 1).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert!(slow(1, &probe).await.is_err(), "it may have been billed");
    })
    .await;
}

pub(crate) async fn a_load_reserves_what_loads_have_cost(place: Place) {
    let node = place.node().await;
    node.scope(async {
        measured(1, 40).await.unwrap();
        measured(2, 0).await.unwrap_err();
        measured(3, 40).await.unwrap();
        let refused = measured(4, 1).await.unwrap_err();
        assert!(refused.contains("`budget-measured`, 1/1d, does not allow the load"), "{refused}");
        assert!(refused.contains("0.2 is left of it, and more comes in"), "{refused}");
    })
    .await;
}

pub(crate) async fn each_kind_of_function_has_a_budget(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        assert_eq!([1, 2].map(|id| by_thread(id).unwrap()), [1, 2]);
        let refused = by_thread(3).unwrap_err();
        assert!(refused.downcast_ref::<OverBudget>().is_some(), "{refused}");
        detached(1).await.unwrap();
        detached(2).await.unwrap_err();
        limited(1).await.unwrap();
        limited_by_thread(2).unwrap();
        limited(3).await.unwrap_err();
        limited_by_thread(4).unwrap_err();
        LIMITED.put(&4, 44).await;
        assert_eq!(limited(4).await, Ok(44));
        // It has no error to return.
        assert_eq!(LIMITED.get_or_load(&5, async || 5).await, 5);
        assert_eq!(LIMITED.stats().money.over_budget_loads, 1);
        node.clock().advance(DAY);
        assert_eq!(limited(6).await, Ok(6), "the next day has a budget of its own");
    })
    .await;
}

pub(crate) async fn a_batch_reserves_the_cost_of_each_item_that_it_loads(place: Place) {
    let node = place.node().await;
    node.scope(async {
        batch(&[1, 2, 3, 4, 5, 6]).await.unwrap();
        let refused = batch(&[5, 6, 7, 8, 9, 10, 11]).await.unwrap_err();
        assert!(refused.contains("budget-batch"), "{refused}: five items are one too many");
        assert_eq!(
            batch(&[7, 8, 666]).await,
            Err("no".to_owned()),
            "what did not run costs nothing"
        );
        assert_eq!(batch(&[1, 6, 7, 8, 9, 10]).await.unwrap().len(), 6);
        batch(&[11]).await.unwrap_err();
        let money = batch::cache().stats().money;
        assert_eq!(money.spent, 10 * CENT);
    })
    .await;
}

pub(crate) async fn a_refused_renewal_leaves_the_stale_value(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        detached(1).await.unwrap();
        node.clock().advance(Duration::from_secs(3700));
        assert_eq!(detached(1).await, Ok(1));
        until(|| detached::cache().stats().money.over_budget == 1).await;
        assert_eq!(detached(1).await, Ok(1));
        let stats = detached::cache().stats();
        assert_eq!(
            (stats.loads, stats.money.over_budget),
            (1, 1),
            "it is not asked for again at once"
        );
    })
    .await;
}

pub(crate) async fn settings_from_outside_limit_what_can_be_refused(place: Place) {
    let settings = CacheSettings::new().budget(Budget::of(1.0, Window::Day)).cost(0.4);
    let node = place.node_with(|builder| builder.cache("budget-off", settings)).await;
    node.clock().stop();
    node.scope(async {
        unlimited(1).await.unwrap();
        unlimited(2).await.unwrap();
        unlimited(3).await.unwrap_err();
        assert_eq!(unlimited::cache().stats().money.spent, 80 * CENT);
        let budget = node.report().caches.into_iter().find(|cache| cache.name == "budget-off");
        let budget = budget.and_then(|cache| cache.budget).unwrap();
        assert_eq!((budget.limit, budget.used), (100 * CENT, 80 * CENT));
        let notes = node.health().await.notes;
        assert!(notes.iter().any(|note| note.starts_with("`budget-off`: 80 %")), "{notes:?}");
    })
    .await;
}
