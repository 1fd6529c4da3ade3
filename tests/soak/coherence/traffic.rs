//! Random calls on random nodes, in rounds. After each round the network recovers, and every key is
//! read on every node.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Backend, CacheHandle, Invalidation};
use cachery_test_support::eventually;
use fastrand::Rng;
use tokio::task::JoinSet;

use super::{
    faults::inject,
    history::{
        BULKY, Bulky, Event, From, Function, GROUP, RENEWED, Run, Scope, TITLED, Ticks, Titled,
        What, bulky, moment, renewed, titled,
    },
    nodes::{NODES, Nodes, RECOVERY},
};

/// Operations in a round.
const ROUND: u64 = 1000;
const CALLERS: u64 = 32;
/// The keys of a round. Ten rounds have two hundred.
const KEYS: u64 = 20;
/// The key whose value shows that a node has got all pushes.
const MARKER: u64 = BULKY - 1;
/// The calls of a burst.
const BURST: u64 = 100;
/// The keys of large values of a round.
const BULKY_KEYS: u64 = 4;

/// The kinds of calls and faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Calls, and faults of the network.
    Usual,
    /// Bursts, large values and slow loads, too; the server and nodes fail as well.
    Storm,
}

/// State that all callers share.
struct Traffic {
    mix: Mix,
    nodes: Arc<Nodes>,
    ticks: Arc<Ticks>,
    /// The number of operations that are left in the round.
    left: AtomicU64,
    history: Mutex<Vec<Event>>,
}

/// Returns the history of so many operations and more.
pub(crate) fn traffic(mix: Mix, backend: Backend, seed: u64, operations: u64) -> Vec<Event> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("threads can be made").block_on(async {
        let nodes = Arc::new(Nodes::launch(backend).await);
        let traffic = Traffic {
            mix,
            nodes,
            ticks: Arc::default(),
            left: 0.into(),
            history: Mutex::default(),
        };
        let traffic = Arc::new(traffic);
        for round in 0..operations / mix.round() {
            traffic.left.store(mix.round(), SeqCst);
            round_of(&traffic, seed.wrapping_mul(1000) + round, round).await;
        }
        std::mem::take(&mut *traffic.history.lock().expect("no caller panics"))
    })
}

impl Mix {
    /// Returns the operations of a round. A storm comes to an end less often.
    fn round(self) -> u64 {
        if self == Self::Storm { 3 * ROUND } else { ROUND }
    }

    /// Returns true for the rounds with faults: every third one, or two of three in a storm.
    fn has_faults(self, round: u64) -> bool {
        round % 3 == 1 || self == Self::Storm && round.is_multiple_of(3)
    }
}

/// Runs one round. Some have faults. In the others no write is lost, so that the checker can find
/// more.
async fn round_of(traffic: &Arc<Traffic>, seed: u64, round: u64) {
    let over = Arc::<AtomicBool>::default();
    let random = Rng::with_seed(seed);
    let faults = inject(Arc::clone(&traffic.nodes), traffic.mix, random, Arc::clone(&over));
    let faults = traffic.mix.has_faults(round).then(|| tokio::spawn(faults));
    let begun = traffic.history.lock().expect("no caller panics").len();
    let keys = round % 10 * KEYS..(round % 10 + 1) * KEYS;
    let callers = (1..=CALLERS).map(|caller| {
        let random = Rng::with_seed(seed.wrapping_mul(CALLERS + 1) + caller);
        tokio::spawn(Arc::clone(traffic).call(random, keys.clone()))
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no caller panics");
    }
    over.store(true, SeqCst);
    if let Some(faults) = faults {
        faults.await.expect("faults come to an end");
    }
    traffic.nodes.recover().await;
    traffic.until_all_pushes_have_come().await;
    traffic.end_round(begun);
    for key in keys {
        traffic.ask_all(key).await;
        traffic.ask_all(RENEWED + key).await;
        traffic.ask_all(TITLED + key).await;
    }
    if traffic.mix == Mix::Storm {
        for key in bulky_keys(round) {
            traffic.ask_all(key).await;
        }
    }
}

fn bulky_keys(round: u64) -> std::ops::Range<u64> {
    let first = BULKY + round % 10 * BULKY_KEYS;
    first..first + BULKY_KEYS
}

impl Traffic {
    /// Makes one call after the other.
    async fn call(self: Arc<Self>, mut random: Rng, keys: std::ops::Range<u64>) {
        let one_less = |left: u64| left.checked_sub(1);
        while self.left.fetch_update(SeqCst, SeqCst, one_less).is_ok() {
            let (node, key) = (random.usize(..NODES), random.u64(keys.clone()));
            let process = self.nodes.all[node].process().await;
            let (node, caches) = (process.number, process.caches.clone());
            match random.u16(..1000) {
                0..2 if self.mix == Mix::Storm => {
                    let mut burst = JoinSet::new();
                    for _ in 0..BURST {
                        let call = Arc::clone(&self).read_in_burst(node, random.u64(keys.clone()));
                        burst.spawn(caches.scope(call));
                    }
                    burst.join_all().await;
                }
                2..40 if self.mix == Mix::Storm => {
                    let key = random.u64(bulky_keys(key / KEYS));
                    caches.scope(self.call_with_large_value(node, key, &mut random)).await;
                }
                500..700 => {
                    caches.scope(self.call_of_titled(node, TITLED + key, &mut random)).await;
                }
                700.. => {
                    caches.scope(self.call_of_renewed(node, RENEWED + key, &mut random)).await;
                }
                _ => caches.scope(self.one_call(node, key, &mut random)).await,
            }
        }
    }

    async fn read_in_burst(self: Arc<Self>, node: usize, key: u64) {
        self.recorded(node, async || (read(key, self.run(0)).await, Scope::Key(key))).await;
    }

    async fn call_with_large_value(&self, node: usize, key: u64, random: &mut Rng) {
        let kind = random.u8(..20);
        self.recorded(node, async || {
            let what = match kind {
                0 => invalidated(bulky::invalidate(key).await),
                1 => {
                    let value = self.ticks.tick();
                    bulky::put(key, Bulky::of(key, value)).await;
                    What::Put { value }
                }
                2 => {
                    bulky::refresh(key, self.run(0)).await;
                    What::Refresh
                }
                _ => read_bulky(key, self.run(0)).await,
            };
            (what, Scope::Key(key))
        })
        .await;
    }

    fn run(&self, pauses: u64) -> Arc<Run> {
        self.run_to_its_end(pauses, false)
    }

    fn run_to_its_end(&self, pauses: u64, fails: bool) -> Arc<Run> {
        Arc::new(Run { ticks: Arc::clone(&self.ticks), pauses, fails, ran: false.into() })
    }

    /// Records the outcome of `call`.
    async fn recorded(&self, node: usize, call: impl AsyncFnOnce() -> (What, Scope)) {
        let unavailable = || {
            let caches = [moment::cache(), bulky::cache(), renewed::cache(), titled::cache()];
            caches.iter().map(|cache| cache.stats().remote.unavailable).sum::<u64>()
        };
        let before = unavailable();
        let start = self.ticks.tick();
        let (what, scope) = call().await;
        let end = self.ticks.tick();
        let in_reach = unavailable() == before;
        self.record(Event { node, scope, start, end, over: end, what, in_reach });
    }

    async fn one_call(&self, node: usize, key: u64, random: &mut Rng) {
        let run = self.run(self.pauses(random));
        let kind = random.u8(..100);
        if kind < 3 {
            // A caller that is dropped if its call takes long.
            let limit = Duration::from_millis(random.u64(..5));
            let _ = tokio::time::timeout(limit, moment(key, run)).await;
            return;
        }
        let (own, group) = (Scope::Key(key), Scope::of_group(key));
        self.recorded(node, async || match kind {
            ..70 => (read(key, run).await, own),
            70..75 => (peek(moment::peek(key)).await, own),
            75..80 => (invalidated(moment::invalidate(key).await), own),
            80..83 => (invalidated(GROUP.invalidate(&tag(group)).await), group),
            83..86 => (expired(moment::expire(key).await), own),
            86 => (expired(GROUP.expire(&tag(group)).await), group),
            87..94 => {
                let value = self.ticks.tick();
                moment::put(key, value).await;
                (What::Put { value }, own)
            }
            94..99 => {
                moment::refresh(key, run).await;
                (What::Refresh, own)
            }
            _ => all(moment::cache(), Function::Moment, key).await,
        })
        .await;
    }

    /// As [`one_call`](Self::one_call), of the function whose values say their tags.
    async fn call_of_titled(&self, node: usize, key: u64, random: &mut Rng) {
        let run = self.run(self.pauses(random));
        let (own, group) = (Scope::Key(key), Scope::of_group(key));
        self.recorded(node, async || match random.u8(..100) {
            ..78 => (read_titled(key, run).await, own),
            78..84 => (peek(async { Some(titled::peek(key).await?.moment) }).await, own),
            84..87 => (invalidated(titled::invalidate(key).await), own),
            87..90 => (invalidated(GROUP.invalidate(&tag(group)).await), group),
            90 => (expired(GROUP.expire(&tag(group)).await), group),
            91..95 => {
                let value = self.ticks.tick();
                titled::put(key, Titled::of(key, value)).await;
                (What::Put { value }, own)
            }
            95..99 => {
                titled::refresh(key, run).await;
                (What::Refresh, own)
            }
            _ => all(titled::cache(), Function::Titled, key).await,
        })
        .await;
    }

    /// As [`one_call`](Self::one_call), of the function that is renewed in tasks.
    async fn call_of_renewed(&self, node: usize, key: u64, random: &mut Rng) {
        let run = self.run_to_its_end(self.pauses(random), random.u8(..4) == 0);
        let kind = random.u8(..100);
        if kind < 3 {
            // The load of a caller that is dropped goes on.
            let _ = tokio::time::timeout(Duration::from_millis(1), renewed(key, run)).await;
            return;
        }
        let (own, group) = (Scope::Key(key), Scope::of_group(key));
        self.recorded(node, async || match kind {
            ..78 => (read_renewed(key, run).await, own),
            78..82 => (peek(renewed::peek(key)).await, own),
            82..86 => (invalidated(renewed::invalidate(key).await), own),
            86..89 => (invalidated(GROUP.invalidate(&tag(group)).await), group),
            89..91 => (expired(renewed::expire(key).await), own),
            91 => (expired(GROUP.expire(&tag(group)).await), group),
            92..95 => {
                let value = self.ticks.tick();
                renewed::put(key, value).await;
                (What::Put { value }, own)
            }
            95..99 => (self.refreshed(key, run).await, own),
            _ => all(renewed::cache(), Function::Renewed, key).await,
        })
        .await;
    }

    /// Refreshes a key of [`renewed`]. One that fails writes nothing.
    async fn refreshed(&self, key: u64, run: Arc<Run>) -> What {
        let before = self.ticks.tick();
        match renewed::refresh(key, run).await {
            Ok(value) if value > before => What::Refresh,
            _ => What::Read { value: None, from: From::Own, stale: false },
        }
    }

    /// Returns the pauses of a load: in a storm some are slow.
    fn pauses(&self, random: &mut Rng) -> u64 {
        match random.u8(..200) {
            0 if self.mix == Mix::Storm => random.u64(100..1_000),
            ..20 => random.u64(8..15),
            _ => random.u64(..8),
        }
    }

    fn record(&self, event: Event) {
        self.history.lock().expect("no caller panics").push(event);
    }

    /// Replaces the marker in the memory of all nodes: a node that has got this push has got all
    /// earlier ones.
    async fn until_all_pushes_have_come(&self) {
        for number in 0..NODES {
            self.on(number, async || _ = moment(MARKER, self.run(0)).await).await;
        }
        let replace =
            async || self.on(0, async || moment::refresh(MARKER, self.run(0)).await).await;
        let new = replace().await;
        for number in 0..NODES {
            let has_come = async || {
                let marker = self.on(number, async || moment::peek(MARKER).await).await;
                if marker.is_none() {
                    // A node that connects again repeats its invalidations of the last minute,
                    // clears among them.
                    replace().await;
                }
                marker.filter(|marker| *marker >= new)
            };
            eventually(&format!("the push has come to node {number}"), RECOVERY, has_come).await;
        }
    }

    /// Runs `work` on a node.
    async fn on<T>(&self, node: usize, work: impl AsyncFnOnce() -> T) -> T {
        let caches = self.nodes.all[node].process().await.caches.clone();
        caches.scope(work()).await
    }

    /// Ends the events that met a fault.
    fn end_round(&self, begun: usize) {
        let now = self.ticks.tick();
        let mut history = self.history.lock().expect("no caller panics");
        for event in history[begun..].iter_mut().filter(|event| !event.in_reach) {
            event.over = now;
        }
    }

    async fn ask_all(&self, key: u64) {
        for node in &self.nodes.all {
            let process = node.process().await;
            let caches = process.caches.clone();
            let start = self.ticks.tick();
            let run = self.run(0);
            let value = caches.scope(async {
                match Function::of(key) {
                    Function::Moment => Some(moment(key, run).await),
                    Function::Bulky => Some(bulky(key, run).await.moment),
                    Function::Renewed => renewed(key, run).await.ok(),
                    Function::Titled => Some(titled(key, run).await.moment),
                }
            });
            let value = value.await;
            let end = self.ticks.tick();
            let what = What::Read { value, from: From::Settled, stale: false };
            let node = process.number;
            let scope = Scope::Key(key);
            self.record(Event { node, scope, start, end, over: end, what, in_reach: true });
        }
    }
}

/// Reads by a call. A value from Redis takes more than one poll.
async fn read(key: u64, run: Arc<Run>) -> What {
    let (value, at_once) = polled(moment(key, Arc::clone(&run))).await;
    What::Read { value: Some(value), from: From::of(&run, at_once), stale: false }
}

/// As [`read`], of a large value.
async fn read_bulky(key: u64, run: Arc<Run>) -> What {
    let (value, at_once) = polled(bulky(key, Arc::clone(&run))).await;
    What::Read { value: Some(value.moment), from: From::of(&run, at_once), stale: false }
}

/// As [`read`], of a value that says its tag.
async fn read_titled(key: u64, run: Arc<Run>) -> What {
    let (value, at_once) = polled(titled(key, Arc::clone(&run))).await;
    What::Read { value: Some(value.moment), from: From::of(&run, at_once), stale: false }
}

/// As [`read`], of a value that is renewed in tasks. A load that fails while none is usable reads
/// nothing.
async fn read_renewed(key: u64, run: Arc<Run>) -> What {
    match renewed::served(key, run).await {
        Ok(served) => {
            let from = From::of_served(&served);
            What::Read { value: Some(served.value), from, stale: served.stale }
        }
        Err(_) => What::Read { value: None, from: From::Own, stale: false },
    }
}

async fn peek(peeked: impl Future<Output = Option<u64>>) -> What {
    let (value, at_once) = polled(peeked).await;
    let from = if at_once { From::Memory } else { From::Elsewhere };
    What::Read { value, from, stale: false }
}

/// Returns the value, and whether the first poll had it.
async fn polled<T>(call: impl Future<Output = T>) -> (T, bool) {
    let mut call = pin!(call);
    let mut polls = 0;
    let value = poll_fn(|context| {
        polls += 1;
        call.as_mut().poll(context)
    });
    let value = value.await;
    (value, polls == 1)
}

fn invalidated(how_far: Invalidation) -> What {
    What::Invalidate { everywhere: how_far == Invalidation::Everywhere }
}

fn expired(how_far: Invalidation) -> What {
    What::Expire { everywhere: how_far == Invalidation::Everywhere }
}

/// Ends all keys of a cache, or lets them expire: which, the key decides.
async fn all(cache: CacheHandle, function: Function, key: u64) -> (What, Scope) {
    let what = if key.is_multiple_of(2) {
        invalidated(cache.clear().await)
    } else {
        expired(cache.expire_all().await)
    };
    (what, Scope::All(function))
}

/// Returns the value of the tag.
fn tag(group: Scope) -> u64 {
    let Scope::Group(tag) = group else { panic!("a key that is called has a tag") };
    tag
}
