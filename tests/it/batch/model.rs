//! Random batches beside each other, against a reference of a few lines: the value of an item is its
//! number and the number of its changes before the load, each of which an invalidation follows.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cachery::{Caches, WrongLength, cached, caches};
use fastrand::Rng;
use tokio::task::yield_now;

/// The longest time of a run: nobody waits for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// The items of which batches ask for some.
const ITEMS: u64 = 12;
/// The item that has no value.
const UNKNOWN: u64 = 11;
/// The callers at once of a run, and the calls of each.
const CALLERS: u64 = 6;
const CALLS: u64 = 60;

/// An item, and its changes before the load.
type Value = (u64, u64);

caches! {
    static VALUES: Cache<u64, Option<Value>> = { name: "batch-model", ttl: 3600 };
}

/// The reference, which is also what the functions ask.
#[derive(Debug, Default)]
struct Origin(Mutex<State>);

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
    /// Loads that ran beside another one of the same item, from between the same invalidations.
    beside: u64,
    loads: u64,
    rng: Rng,
}

/// The loads of one run. Dropping it ends them.
struct Loading<'o>(&'o Origin, Vec<(u64, u64)>);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            for load in &self.1 {
                *state.loading.entry(*load).or_default() -= 1;
            }
        });
    }
}

impl Origin {
    fn new(seed: u64) -> Arc<Self> {
        let rng = Rng::with_seed(seed);
        Arc::new(Self(Mutex::new(State { rng, ..State::default() })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn random(&self, below: u64) -> u64 {
        self.with(|state| state.rng.u64(..below))
    }

    /// Returns the change since which every value of a call that begins now is.
    fn settled(&self, id: u64) -> u64 {
        self.with(|state| state.settled.get(&id).copied().unwrap_or_default())
    }

    /// Changes items, and invalidates them.
    async fn change(&self, ids: &[u64]) {
        let change = |state: &mut State, id| {
            state.invalidating.entry(id).or_default()[0] += 1;
            let epoch = state.epochs.entry(id).or_default();
            *epoch += 1;
            *epoch
        };
        let epochs: Vec<_> = ids.iter().map(|id| self.with(|state| change(state, *id))).collect();
        match ids {
            [id] => drop(VALUES.invalidate(id).await),
            ids => drop(VALUES.invalidate_many(ids).await),
        }
        self.with(|state| {
            for (id, epoch) in ids.iter().zip(epochs) {
                let settled = state.settled.entry(*id).or_default();
                *settled = epoch.max(*settled);
                let [running, ended] = state.invalidating.entry(*id).or_default();
                *running -= 1;
                *ended += 1;
            }
        });
    }

    /// Loads these items.
    async fn load(&self, ids: &[u64]) -> Vec<Option<Value>> {
        let (values, loading) = self.with(|state| {
            state.loads += 1;
            let values = ids.iter().map(|id| state.value(*id)).collect();
            (values, ids.iter().filter_map(|id| state.begin(*id)).collect())
        });
        let _loading = Loading(self, loading);
        for _ in 0..self.random(4) {
            yield_now().await;
        }
        assert!(self.random(20) > 0, "a panic of the function");
        values
    }
}

impl State {
    fn value(&self, id: u64) -> Option<Value> {
        (id != UNKNOWN).then(|| (id, self.epochs.get(&id).copied().unwrap_or_default()))
    }

    /// Notes the load of an item, unless an invalidation of it runs.
    fn begin(&mut self, id: u64) -> Option<(u64, u64)> {
        let [invalidating, ended] = *self.invalidating.entry(id).or_default();
        if invalidating > 0 {
            return None;
        }
        let running = self.loading.entry((id, ended)).or_default();
        *running += 1;
        self.beside += u64::from(*running > 1);
        Some((id, ended))
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
async fn several(ids: &[u64], origin: &Origin) -> Result<Vec<Option<Value>>, Failed> {
    let mut values = origin.load(ids).await;
    match origin.random(16) {
        0 => Err(Failed::ByItself),
        1 => {
            values.pop();
            Ok(values)
        }
        2 => {
            values.insert(0, Some((ITEMS, 0)));
            Ok(values)
        }
        _ => Ok(values),
    }
}

#[cached(cache = VALUES, batch = ids, skip(origin))]
async fn each(ids: Vec<u64>, origin: &Origin) -> Vec<Result<Option<Value>, Failed>> {
    let fails = origin.random(8) == 0;
    let values = origin.load(&ids).await;
    let failed = |(id, value): (&u64, Option<Value>)| {
        if fails && id.is_multiple_of(3) { Err(Failed::ByItself) } else { Ok(value) }
    };
    ids.iter().zip(values).map(failed).collect()
}

/// Returns its values in another order than it was asked for them, and some that are wrong and that
/// nobody has asked for.
#[cached(cache = VALUES, batch = ids, skip(origin), max = 3)]
async fn reordered(ids: &[&u64], origin: &Origin) -> Result<HashMap<u64, Value>, Failed> {
    let ids: Vec<_> = ids.iter().map(|id| **id).collect();
    let values = origin.load(&ids).await;
    if origin.random(16) == 0 {
        return Err(Failed::ByItself);
    }
    let wrong = (0..ITEMS).filter(|id| !ids.contains(id)).map(|id| (id, (ITEMS, 0)));
    Ok(wrong.chain(values.into_iter().flatten().map(|value| (value.0, value))).collect())
}

#[cached(cache = VALUES, skip(origin))]
async fn one(id: u64, origin: &Origin) -> Result<Option<Value>, Failed> {
    Ok(origin.load(&[id]).await[0])
}

/// The items of a call, and the changes since which their values are.
struct Asked {
    ids: Vec<u64>,
    settled: Vec<u64>,
}

impl Asked {
    fn of(ids: Vec<u64>, origin: &Origin) -> Self {
        let settled = ids.iter().map(|id| origin.settled(*id)).collect();
        Self { ids, settled }
    }

    /// Checks the value at a place.
    fn check(&self, place: usize, value: Option<Value>) {
        let (id, settled) = (self.ids[place], self.settled[place]);
        assert_eq!(value.is_none(), id == UNKNOWN, "{id} at {place} of {:?}", self.ids);
        if let Some((of, epoch)) = value {
            assert_eq!(of, id, "the value of another item: {:?}", self.ids);
            assert!(epoch >= settled, "{id} was invalidated before the call");
        }
    }

    /// Checks the values of all items, as far as there are some.
    fn check_all(&self, values: impl ExactSizeIterator<Item = Option<Option<Value>>>) {
        assert_eq!(self.ids.len(), values.len());
        for (place, value) in values.enumerate() {
            if let Some(value) = value {
                self.check(place, value);
            }
        }
    }
}

/// One caller, with all of its calls.
async fn caller(seed: u64, origin: Arc<Origin>) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..CALLS {
        let ids = (0..rng.usize(0..8)).map(|_| rng.u64(..ITEMS)).collect();
        let asked = Asked::of(ids, &origin);
        match rng.u8(..10) {
            0 => origin.change(&[rng.u64(..ITEMS)]).await,
            1 => {
                // The caller goes away, soon or late.
                let polls = if rng.bool() { rng.u16(1..4) } else { rng.u16(1..400) };
                let given_up = async {
                    for _ in 0..polls {
                        yield_now().await;
                    }
                };
                tokio::select! { () = call(rng.u8(4..10), &asked, &origin) => {}, () = given_up => {} }
            }
            2 => origin.change(&asked.ids).await,
            3 => {
                let found = several::peek_many(&asked.ids).await;
                asked.check_all(found.into_iter());
            }
            kind => call(kind, &asked, &origin).await,
        }
    }
}

/// Calls one of the functions, and checks what it returns.
async fn call(kind: u8, asked: &Asked, origin: &Origin) {
    let ids = &asked.ids;
    match kind {
        4 => {
            let Some(id) = ids.first() else { return };
            if let Ok(Ok(value)) = caught(one(*id, origin)).await {
                asked.check(0, value);
            }
        }
        5 => {
            if let Ok(values) = caught(each(ids.clone(), origin)).await {
                asked.check_all(values.into_iter().map(Result::ok));
            }
        }
        6 | 7 => {
            let references: Vec<_> = ids.iter().collect();
            if let Ok(Ok(values)) = caught(reordered(&references, origin)).await {
                assert!(values.keys().all(|id| ids.contains(id)), "nobody has asked for it");
                let values: Vec<_> = ids.iter().map(|id| Some(values.get(id).copied())).collect();
                asked.check_all(values.into_iter());
            }
        }
        _ => match caught(several(ids, origin)).await {
            Ok(Ok(values)) => asked.check_all(values.into_iter().map(Some)),
            Ok(Err(Failed::Length(wrong))) => assert_ne!(wrong.asked(), wrong.returned()),
            Ok(Err(Failed::ByItself)) | Err(()) => {}
        },
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
fn seeds(few: u64) -> u64 {
    let calls = std::env::var("CACHERY_BATCHES").ok();
    calls.map_or(few, |calls| calls.parse::<u64>().expect("a number").div_ceil(CALLERS * CALLS))
}

/// Calls for all items until none fails. From then on all are stored.
async fn load_all(origin: &Origin) {
    let asked = Asked::of((0..ITEMS).collect(), origin);
    let values = loop {
        if let Ok(Ok(values)) = caught(several(&asked.ids, origin)).await {
            break values;
        }
    };
    asked.check_all(values.into_iter().map(Some));
    let loads = origin.with(|state| state.loads);
    assert!(several(&asked.ids, origin).await.is_ok());
    assert_eq!(origin.with(|state| state.loads), loads, "nothing is lost");
}

/// Runs all callers at once.
async fn run(caches: &Caches, seed: u64) {
    let origin = Origin::new(seed);
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let caller = caller(seed * 1000 + number, Arc::clone(&origin));
            tokio::spawn(caches.scope(caller))
        })
        .collect();
    for caller in callers {
        let ended = tokio::time::timeout(PATIENCE, caller).await;
        ended.expect("nobody waits for ever").expect("every value is its item's");
    }
    origin.with(|state| {
        assert!(state.loading.values().all(|running| *running == 0));
        assert_eq!(state.beside, 0, "an item loads once at a time ({seed})");
        assert!(state.loads > 20);
    });
    let all = tokio::time::timeout(PATIENCE, caches.scope(load_all(&origin))).await;
    all.expect("nobody waits for ever");
}

#[tokio::test]
async fn random_batches_in_memory_have_the_values_of_the_reference() {
    for seed in 0..seeds(20) {
        run(&Caches::isolated(), seed).await;
    }
}

#[cfg(feature = "redis")]
async fn run_on_a_server(backend: cachery::Backend) {
    let server = cachery_test_support::Server::start().await;
    for seed in 0..seeds(10) {
        run(&super::of_redis::node(&server.url(), backend, &seed.to_string()).await, seed).await;
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn random_batches_in_redis_have_the_values_of_the_reference() {
    run_on_a_server(cachery::Backend::Redis).await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn random_batches_in_both_tiers_have_the_values_of_the_reference() {
    run_on_a_server(cachery::Backend::Tiered).await;
}
