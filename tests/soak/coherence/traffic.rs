//! Random calls on random nodes, in rounds. After each round the network recovers, and every key is
//! read on every node.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Backend, Invalidation};
use cachery_test_support::eventually;
use fastrand::Rng;

use super::{
    faults::inject,
    history::{Event, From, Run, Ticks, What, moment},
    nodes::{NODES, Node, Nodes, RECOVERY},
};

/// Operations in a round.
const ROUND: u64 = 1000;
const CALLERS: u64 = 32;
/// The keys of a round. Ten rounds have two hundred.
const KEYS: u64 = 20;
/// The key whose value shows that a node has got all pushes.
const MARKER: u64 = u64::MAX;

/// State that all callers share.
struct Traffic {
    nodes: Arc<Nodes>,
    ticks: Arc<Ticks>,
    /// The number of operations that are left in the round.
    left: AtomicU64,
    history: Mutex<Vec<Event>>,
}

/// Returns the history of so many operations and more.
pub(crate) fn traffic(backend: Backend, seed: u64, operations: u64) -> Vec<Event> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("threads can be made").block_on(async {
        let nodes = Arc::new(Nodes::launch(backend).await);
        let traffic =
            Traffic { nodes, ticks: Arc::default(), left: 0.into(), history: Mutex::default() };
        let traffic = Arc::new(traffic);
        for round in 0..operations / ROUND {
            traffic.left.store(ROUND, SeqCst);
            round_of(&traffic, seed.wrapping_mul(1000) + round, round).await;
        }
        std::mem::take(&mut *traffic.history.lock().expect("no caller panics"))
    })
}

/// Runs one round. Every third one has faults. In the others no write is lost, so that the checker
/// can find more.
async fn round_of(traffic: &Arc<Traffic>, seed: u64, round: u64) {
    let faults = inject(Arc::clone(&traffic.nodes), Rng::with_seed(seed));
    let faults = (round % 3 == 1).then(|| tokio::spawn(faults));
    let begun = traffic.history.lock().expect("no caller panics").len();
    let keys = round % 10 * KEYS..(round % 10 + 1) * KEYS;
    let callers = (1..=CALLERS).map(|caller| {
        let random = Rng::with_seed(seed.wrapping_mul(CALLERS + 1) + caller);
        tokio::spawn(Arc::clone(traffic).call(random, keys.clone()))
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no caller panics");
    }
    if let Some(faults) = faults {
        faults.abort();
        let _ = faults.await;
    }
    traffic.nodes.recover().await;
    traffic.until_all_pushes_have_come().await;
    traffic.end_round(begun);
    for key in keys {
        traffic.ask_all(key).await;
    }
}

impl Traffic {
    /// Makes one call after the other.
    async fn call(self: Arc<Self>, mut random: Rng, keys: std::ops::Range<u64>) {
        let one_less = |left: u64| left.checked_sub(1);
        while self.left.fetch_update(SeqCst, SeqCst, one_less).is_ok() {
            let (node, key) = (random.usize(..NODES), random.u64(keys.clone()));
            let caches = self.nodes.all[node].caches.clone();
            caches.scope(self.one_call(node, key, &mut random)).await;
        }
    }

    async fn one_call(&self, node: usize, key: u64, random: &mut Rng) {
        let pauses = if random.u8(..10) == 0 { random.u64(8..15) } else { random.u64(..8) };
        let run = Run { ticks: Arc::clone(&self.ticks), pauses, ran: false.into() };
        let run = Arc::new(run);
        let before = moment::cache().stats().remote.unavailable;
        let start = self.ticks.tick();
        let (what, key) = match random.u8(..100) {
            0..=2 => {
                // A caller that is dropped if its call takes long.
                let limit = Duration::from_millis(random.u64(..5));
                let _ = tokio::time::timeout(limit, moment(key, run)).await;
                return;
            }
            3..=69 => (read(key, run).await, Some(key)),
            70..=74 => (peek(key).await, Some(key)),
            75..=86 => (invalidated(moment::invalidate(key).await), Some(key)),
            87..=93 => {
                moment::put(key, start).await;
                (What::Put { value: start }, Some(key))
            }
            94..=98 => {
                moment::refresh(key, run).await;
                (What::Refresh, Some(key))
            }
            _ => (invalidated(moment::cache().clear().await), None),
        };
        let end = self.ticks.tick();
        let in_reach = moment::cache().stats().remote.unavailable == before;
        self.record(Event { node, key, start, end, over: end, what, in_reach });
    }

    fn record(&self, event: Event) {
        self.history.lock().expect("no caller panics").push(event);
    }

    /// Replaces the marker in the memory of all nodes: a node that has got this push has got all
    /// earlier ones.
    async fn until_all_pushes_have_come(&self) {
        let run = || Arc::new(Run { ticks: Arc::clone(&self.ticks), pauses: 0, ran: false.into() });
        for node in &self.nodes.all {
            node.caches.scope(moment(MARKER, run())).await;
        }
        let replace = || self.nodes.all[0].caches.scope(moment::refresh(MARKER, run()));
        let new = replace().await;
        for (number, node) in self.nodes.all.iter().enumerate() {
            let has_come = async || {
                let marker = node.caches.scope(moment::peek(MARKER)).await;
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

    /// Ends the events that met a fault.
    fn end_round(&self, begun: usize) {
        let now = self.ticks.tick();
        let mut history = self.history.lock().expect("no caller panics");
        for event in history[begun..].iter_mut().filter(|event| !event.in_reach) {
            event.over = now;
        }
    }

    async fn ask_all(&self, key: u64) {
        for (node, Node { caches, .. }) in self.nodes.all.iter().enumerate() {
            let start = self.ticks.tick();
            let run =
                Arc::new(Run { ticks: Arc::clone(&self.ticks), pauses: 0, ran: false.into() });
            let value = Some(caches.scope(moment(key, run)).await);
            let end = self.ticks.tick();
            let what = What::Read { value, from: From::Settled };
            self.record(Event {
                node,
                key: Some(key),
                start,
                end,
                over: end,
                what,
                in_reach: true,
            });
        }
    }
}

/// Reads by a call. A value from Redis takes more than one poll.
async fn read(key: u64, run: Arc<Run>) -> What {
    let (value, at_once) = polled(moment(key, Arc::clone(&run))).await;
    let from = match (run.ran.load(SeqCst), at_once) {
        (true, _) => From::Own,
        (false, true) => From::Memory,
        (false, false) => From::Elsewhere,
    };
    What::Read { value: Some(value), from }
}

async fn peek(key: u64) -> What {
    let (value, at_once) = polled(moment::peek(key)).await;
    What::Read { value, from: if at_once { From::Memory } else { From::Elsewhere } }
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
