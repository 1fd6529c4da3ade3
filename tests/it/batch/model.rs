//! Random batches beside each other, against a reference of a few lines: the value of an item is its
//! number and the number of invalidations before its load.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use cachery::{Caches, WrongLength, cached, caches};
use fastrand::Rng;
use tokio::task::yield_now;

/// The longest time of a run: nobody waits for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// The items of which batches ask for some.
const ITEMS: u64 = 12;
/// The callers at once of a run, and the calls of each.
const CALLERS: u64 = 6;
const CALLS: u64 = 60;

caches! {
    static VALUES: Cache<u64, (u64, u64)> = { name: "batch-model", ttl: 3600 };
}

/// The reference, which is also what the function asks.
#[derive(Debug, Default)]
pub(crate) struct Origin(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of changes of each item, each of which an invalidation follows.
    epochs: HashMap<u64, u64>,
    /// The last change of each item whose invalidation has ended.
    settled: HashMap<u64, u64>,
    /// The invalidations of each item that run, and those that have ended. While one runs it is not
    /// known which loads are from before it.
    invalidating: HashMap<u64, [u64; 2]>,
    /// The loads that began while no invalidation ran, by item and the invalidations before them.
    loading: HashMap<(u64, u64), usize>,
    /// Loads that ran beside another one of the same item.
    beside: u64,
    loads: u64,
    rng: Option<Rng>,
}

/// The loads of one run. Dropping it ends them.
struct Loading<'o>(&'o Origin, Vec<(u64, u64)>);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for load in &self.1 {
            *state.loading.entry(*load).or_default() -= 1;
        }
    }
}

impl Origin {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn random(&self, below: u64) -> u64 {
        self.with(|state| state.rng.get_or_insert_with(|| Rng::with_seed(7)).u64(..below))
    }

    fn epoch(&self, id: u64) -> u64 {
        self.with(|state| state.epochs.get(&id).copied().unwrap_or_default())
    }

    /// Returns the change since which every value of a call that begins now is.
    fn settled(&self, id: u64) -> u64 {
        self.with(|state| state.settled.get(&id).copied().unwrap_or_default())
    }

    /// Changes an item, and invalidates it.
    async fn change(&self, id: u64) {
        let epoch = self.with(|state| {
            state.invalidating.entry(id).or_default()[0] += 1;
            let epoch = state.epochs.entry(id).or_default();
            *epoch += 1;
            *epoch
        });
        VALUES.invalidate(&id).await;
        self.with(|state| {
            let settled = state.settled.entry(id).or_default();
            *settled = epoch.max(*settled);
            let [running, ended] = state.invalidating.entry(id).or_default();
            *running -= 1;
            *ended += 1;
        });
    }

    /// Loads these items.
    async fn load(&self, ids: &[u64]) -> Vec<(u64, u64)> {
        let values: Vec<_> = ids.iter().map(|id| (*id, self.epoch(*id))).collect();
        let sure = self.with(|state| {
            state.loads += 1;
            let mut sure = Vec::new();
            for id in ids {
                let [invalidating, ended] = *state.invalidating.entry(*id).or_default();
                if invalidating == 0 {
                    sure.push((*id, ended));
                    let running = state.loading.entry((*id, ended)).or_default();
                    *running += 1;
                    state.beside += u64::from(*running > 1);
                }
            }
            sure
        });
        let _loading = Loading(self, sure);
        for _ in 0..self.random(4) {
            yield_now().await;
        }
        assert!(self.random(20) > 0, "a panic of the function");
        values
    }
}

#[derive(Clone, Debug)]
enum Failed {
    Length(WrongLength),
    ByItself,
}

impl From<WrongLength> for Failed {
    fn from(wrong: WrongLength) -> Self {
        Self::Length(wrong)
    }
}

#[cached(cache = VALUES, batch = ids, skip(origin), max = 4, parallel = 2)]
async fn several(ids: &[u64], origin: &Origin) -> Result<Vec<(u64, u64)>, Failed> {
    let mut values = origin.load(ids).await;
    match origin.random(16) {
        0 => Err(Failed::ByItself),
        1 => {
            values.pop();
            Ok(values)
        }
        _ => Ok(values),
    }
}

#[cached(cache = VALUES, batch = ids, skip(origin))]
async fn each(ids: Vec<u64>, origin: &Origin) -> Vec<Result<(u64, u64), Failed>> {
    let fails = origin.random(8) == 0;
    let failed = |value: (u64, u64)| {
        if fails && value.0.is_multiple_of(3) { Err(Failed::ByItself) } else { Ok(value) }
    };
    origin.load(&ids).await.into_iter().map(failed).collect()
}

#[cached(cache = VALUES, skip(origin))]
async fn one(id: u64, origin: &Origin) -> Result<(u64, u64), Failed> {
    Ok(origin.load(&[id]).await[0])
}

/// Checks values that were asked for when the items had these epochs.
fn check(ids: &[u64], before: &[u64], values: &[(u64, u64)]) {
    assert_eq!(ids.len(), values.len());
    for ((id, before), (of, epoch)) in ids.iter().zip(before).zip(values) {
        assert_eq!(id, of, "the value of another item: {ids:?}");
        assert!(epoch >= before, "{id} was invalidated before the call");
    }
}

/// One caller, with all of its calls.
async fn caller(seed: u64, origin: Arc<Origin>) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..CALLS {
        let ids: Vec<u64> = (0..rng.usize(0..8)).map(|_| rng.u64(..ITEMS)).collect();
        let before: Vec<_> = ids.iter().map(|id| origin.settled(*id)).collect();
        match rng.u8(..8) {
            0 => {
                origin.change(rng.u64(..ITEMS)).await;
            }
            1 => {
                // The caller goes away.
                let call = std::pin::pin!(caught(several(&ids, &origin)));
                let polls = rng.u8(1..4);
                let given_up = async {
                    for _ in 0..polls {
                        yield_now().await;
                    }
                };
                tokio::select! { _ = call => {}, () = given_up => {} }
            }
            2 => {
                let id = rng.u64(..ITEMS);
                let before = origin.settled(id);
                if let Ok(Ok(value)) = caught(one(id, &origin)).await {
                    check(&[id], &[before], &[value]);
                }
            }
            3 => {
                let found = several::peek_many(&ids).await;
                let found = ids.iter().zip(&before).zip(found);
                for ((id, before), value) in found.filter_map(|(of, value)| Some((of, value?))) {
                    check(&[*id], &[*before], &[value]);
                }
            }
            4 => {
                if let Ok(values) = caught(each(ids.clone(), &origin)).await {
                    assert_eq!(values.len(), ids.len());
                    for ((id, before), value) in ids.iter().zip(&before).zip(values) {
                        if let Ok(value) = value {
                            check(&[*id], &[*before], &[value]);
                        }
                    }
                }
            }
            _ => match caught(several(&ids, &origin)).await {
                Ok(Ok(values)) => check(&ids, &before, &values),
                Ok(Err(Failed::Length(wrong))) => assert_ne!(wrong.asked(), wrong.returned()),
                Ok(Err(Failed::ByItself)) | Err(()) => {}
            },
        }
    }
}

/// Returns the output of a call, or its panic.
async fn caught<T>(call: impl Future<Output = T>) -> Result<T, ()> {
    let mut call = std::pin::pin!(call);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        polled.map_or(std::task::Poll::Ready(Err(())), |polled| polled.map(Ok))
    })
    .await
}

/// Returns the number of runs that make `CACHERY_BATCHES` calls; `few` without the variable.
pub(crate) fn seeds(few: u64) -> u64 {
    let calls = std::env::var("CACHERY_BATCHES").ok();
    calls.map_or(few, |calls| calls.parse::<u64>().expect("a number").div_ceil(CALLERS * CALLS))
}

/// Runs all callers at once. Returns how many loads ran beside another one of the same item, and how
/// many ran in all.
pub(crate) async fn run(caches: &Caches, seed: u64) -> (u64, u64) {
    let origin = Arc::new(Origin::default());
    origin.with(|state| state.rng = Some(Rng::with_seed(seed)));
    let all = (0..CALLERS).map(|number| {
        let caller = caller(seed * 1000 + number, Arc::clone(&origin));
        tokio::spawn(caches.scope(caller))
    });
    for caller in all.collect::<Vec<_>>() {
        let ended = tokio::time::timeout(PATIENCE, caller).await;
        ended.expect("nobody waits for ever").expect("every value is its item's");
    }
    origin.with(|state| {
        assert!(state.loading.values().all(|running| *running == 0));
        (state.beside, state.loads)
    })
}
