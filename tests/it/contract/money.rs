//! The rules of the bill: what loads cost, and what hits save.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use cachery::{cached, caches, stats::MoneyStats};
use cachery_test_support::{Probe, ended, spawn, until};
use serde::{Deserialize, Serialize};

use super::place::Place;

/// A paid model, which keeps its own bill.
#[derive(Default)]
pub(super) struct Model {
    billed: AtomicU64,
}

impl Model {
    /// Answers at a price of a cent for each `cent`, and fails for none at half a cent.
    fn ask(&self, cents: u64) -> Result<Answer, String> {
        let nanos = if cents == 0 { 5_000_000 } else { cents * 10_000_000 };
        self.billed.fetch_add(nanos, SeqCst);
        #[expect(clippy::cast_precision_loss, reason = "it is small")]
        let dollars = cents as f64 / 100.0;
        if cents == 0 { Err("no".to_owned()) } else { Ok(Answer { dollars }) }
    }

    pub(super) fn billed(&self) -> u64 {
        self.billed.load(SeqCst)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    dollars: f64,
}

#[cached(
    name = "contract-answer",
    ttl = 3600,
    cost = |answer| answer.dollars,
    failed_cost = |_| 0.005,
    skip(model)
)]
pub(super) async fn answer(question: u64, cents: u64, model: &Model) -> Result<Answer, String> {
    model.ask(cents)
}

/// The price of a run, in dollars.
const PRICE: f64 = 0.03;

#[cached(name = "contract-priced", ttl = 3600, cost = PRICE, skip(probe))]
async fn priced(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

#[cached(name = "contract-priced-by-thread", ttl = 3600, cost = 2)]
fn priced_by_thread(id: u64) -> u64 {
    id
}

caches! {
    /// Numbers at a tenth of a dollar.
    static PRICED: Cache<u64, u64> = { name: "contract-priced-numbers", ttl: 3600, cost: 0.1 };
}

#[cached(cache = PRICED)]
async fn number(id: u64) -> u64 {
    id
}

/// Nano-dollars of a cent.
pub(super) const CENT: u64 = 10_000_000;

pub(crate) async fn a_bill_is_that_of_the_loads_and_of_what_the_calls_would_have_cost(
    place: Place,
) {
    let node = place.node().await;
    let model = Model::default();
    // What the model would have billed for all calls.
    let mut unshared = 0;
    node.scope(async {
        for round in 0..7 {
            for question in 0..10_u64 {
                let failed = answer(question, question, &model).await.is_err();
                unshared += if failed { CENT / 2 } else { question * CENT };
                let money = answer::cache().stats().money;
                assert_eq!(money.spent, model.billed(), "{round}");
                assert_eq!(money.would_have_spent(), i128::from(unshared));
            }
        }
        // Only the error is asked for again.
        assert_eq!(model.billed(), 45 * CENT + 7 * (CENT / 2));
        answer::refresh(3, 3, &model).await.unwrap();
        answer::refresh(0, 0, &model).await.unwrap_err();
        let money = answer::cache().stats().money;
        assert_eq!((money.spent, money.refresh), (model.billed(), 3 * CENT + CENT / 2));
        // Nobody had asked for them.
        assert_eq!(money.would_have_spent(), i128::from(unshared));
    })
    .await;
    let report = node.report();
    let cache = report.caches.iter().find(|cache| cache.name == "contract-answer").unwrap();
    let ledger = cache.ledger.unwrap();
    assert_eq!(ledger.spent, model.billed());
    assert_eq!(ledger.would_have_spent, i128::from(ledger.spent) + ledger.saved);
    assert_eq!((report.ledger.unwrap().saved, &*report.cost_unit), (ledger.saved, "USD"));
}

pub(crate) async fn callers_who_wait_save_the_cost_of_a_load(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let call = |probe: Arc<Probe>| async move { priced(1, &probe).await };
        let callers: Vec<_> = (0..20).map(|_| spawn(call(Arc::clone(&probe)))).collect();
        until(|| priced::cache().stats().misses == 20).await;
        probe.open();
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), 1);
        }
        let money = priced::cache().stats().money;
        let saved = [money.saved_by_coalescing, money.saved_by_hits];
        assert_eq!((money.spent, saved.iter().sum::<u64>()), (3 * CENT, 19 * 3 * CENT));
        assert_eq!(money.saved_by_coalescing % (3 * CENT), 0);
    })
    .await;
}

pub(crate) async fn each_kind_of_function_has_a_bill(place: Place) {
    let node = place.node().await;
    node.scope(async {
        for _ in 0..3 {
            assert_eq!(priced_by_thread(7), 7);
            assert_eq!(number(7).await, 7);
        }
        let bills = [priced_by_thread::cache(), PRICED.handle()].map(|cache| {
            let MoneyStats { spent, saved_by_hits, .. } = cache.stats().money;
            (spent, saved_by_hits)
        });
        assert_eq!(bills, [(200 * CENT, 400 * CENT), (10 * CENT, 20 * CENT)]);
    })
    .await;
}
