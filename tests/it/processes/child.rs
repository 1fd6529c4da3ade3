//! One process of many: it obeys the lines of its standard input, and replies on its standard
//! output.

use std::{
    env, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use cachery::{Backend, Caches, cached, config::CacheSettings};
use cachery_test_support::eventually;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use super::children::{CALLERS, NUMBER, PATIENCE, URL, say};

#[derive(Clone, Debug)]
struct Failure;

/// The end of the present load.
enum End {
    LetOut,
    Fail,
}

struct Orders {
    number: String,
    loads: AtomicUsize,
    /// The number of the caller whose body runs.
    leader: AtomicUsize,
    ends: Mutex<mpsc::UnboundedReceiver<End>>,
}

/// Waits for the end that it is given. Its value has the number of its load.
#[cached(name = "processes-number", ttl = 3600, skip(caller, orders))]
async fn number(_key: u64, caller: usize, orders: Arc<Orders>) -> Result<String, Failure> {
    let load = orders.loads.fetch_add(1, SeqCst) + 1;
    orders.leader.store(caller, SeqCst);
    say("loading");
    match orders.ends.lock().await.recv().await {
        Some(End::LetOut) => Ok(format!("{}.{load}", orders.number)),
        Some(End::Fail) | None => Err(Failure),
    }
}

#[tokio::main]
pub(crate) async fn run() {
    let number = env::var(NUMBER).expect("the parent has set it");
    let settings = CacheSettings::new().backend(Backend::Redis);
    let url = env::var(URL).expect("the parent has set it");
    // A busy machine must not look like an outage.
    let caches =
        Caches::builder().isolated().redis_url(url).all(settings).remote_deadline(PATIENCE);
    let caches = caches.build().await.expect("the settings are right");
    let (ends, orders_of_ends) = mpsc::unbounded_channel();
    let orders = Orders {
        number,
        loads: AtomicUsize::new(0),
        leader: AtomicUsize::new(0),
        ends: Mutex::new(orders_of_ends),
    };
    caches.scope(obey(Arc::new(orders), ends)).await;
}

async fn obey(orders: Arc<Orders>, ends: mpsc::UnboundedSender<End>) {
    let mut lines = lines();
    let mut callers = Vec::new();
    say("ready");
    while let Some(line) = lines.recv().await {
        match &*line {
            "call" => callers = call(&orders).await,
            "let out" => drop(ends.send(End::LetOut)),
            "fail" => drop(ends.send(End::Fail)),
            "cancel leader" => callers[orders.leader.load(SeqCst)].abort(),
            "cancel all" => callers.iter().for_each(JoinHandle::abort),
            _ => report(std::mem::take(&mut callers)).await,
        }
    }
}

/// Starts all callers, and returns when all wait for the load, except one that may be asking Redis
/// for a permit.
async fn call(orders: &Arc<Orders>) -> Vec<JoinHandle<Result<String, Failure>>> {
    let spawn =
        |caller| tokio::spawn(Caches::current().scope(number(1, caller, Arc::clone(orders))));
    let callers = (0..CALLERS).map(spawn).collect();
    let wait = async || (number::cache().stats().misses >= CALLERS as u64 - 1).then_some(());
    eventually("all callers wait", PATIENCE, wait).await;
    say("waiting");
    callers
}

/// Prints the outcome of the callers, without those who were cancelled.
async fn report(callers: Vec<JoinHandle<Result<String, Failure>>>) {
    let (mut values, mut failures) = (Vec::new(), 0);
    for caller in callers {
        match caller.await {
            Ok(Ok(value)) => values.push(value),
            Ok(Err(Failure)) => failures += 1,
            Err(error) => assert!(error.is_cancelled(), "no caller panics"),
        }
    }
    let count = values.len();
    values.dedup();
    match &values[..] {
        [] => say(&format!("{failures} failed")),
        [value] if failures == 0 => say(&format!("{count} got {value}")),
        _ => say(&format!("{values:?} and {failures} failures")),
    }
}

/// Returns the lines of the standard input.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        // The receiver is gone when the process ends.
        io::stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok()
    });
    lines
}
