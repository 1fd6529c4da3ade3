//! Threads and tasks that call one declared cache, fail, panic and are dropped at random:
//! afterwards none waits, and there is no flight.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use cachery::{Caches, cached, caches};
use fastrand::Rng;
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};

const KEYS: u64 = 8;
/// The calls of each caller.
const CALLS: u32 = 1_500;
const CALLERS: u64 = 6;

caches! {
    static NUMBERS: Cache<u64, u64> = { name: "mixed-numbers", ttl: "1h" };
}

#[derive(Clone, Debug)]
struct Failed;

/// Returns the result of a body: most succeed.
fn end(id: u64, chance: u8) -> Result<u64, Failed> {
    match chance {
        0 => Err(Failed),
        // Without the panic hook, which would print.
        1 => resume_unwind(Box::new("a body panics")),
        _ => Ok(id),
    }
}

#[cached(cache = NUMBERS, skip(chance))]
fn now(id: u64, chance: u8) -> Result<u64, Failed> {
    thread::sleep(Duration::from_micros(u64::from(chance) * 50));
    end(id, chance)
}

#[cached(cache = NUMBERS, skip(chance))]
async fn later(id: u64, chance: u8) -> Result<u64, Failed> {
    sleep(Duration::from_millis(u64::from(chance % 3))).await;
    end(id, chance)
}

/// A load of one key that needs another key.
#[cached(name = "mixed-nested", ttl = "1h", skip(chance))]
fn nested(id: u64, chance: u8) -> Result<u64, Failed> {
    now(id, chance)
}

fn by_a_thread(mut random: Rng) {
    for _ in 0..CALLS {
        let (id, chance) = (random.u64(..KEYS), random.u8(..8));
        let value = catch_unwind(AssertUnwindSafe(|| match random.u8(..10) {
            0 => nested(id, chance),
            1 => now::refresh(id, chance),
            _ => now(id, chance),
        }));
        if let Ok(Ok(value)) = value {
            assert_eq!(value, id, "a value of another key");
        }
        if random.u8(..4) == 0 {
            now::invalidate(id);
            nested::invalidate(id);
        }
    }
}

async fn by_a_task(mut random: Rng) {
    for _ in 0..CALLS {
        let (id, chance) = (random.u64(..KEYS), random.u8(..8));
        let caches = Caches::current();
        // A task of its own, because it may panic. It may be dropped as well.
        let call = tokio::spawn(caches.scope(async move {
            match chance {
                7 => now(id, chance),
                _ => later(id, chance).await,
            }
        }));
        let abort = call.abort_handle();
        match timeout(Duration::from_millis(random.u64(1..5)), call).await {
            Ok(Ok(Ok(value))) => assert_eq!(value, id, "a value of another key"),
            Ok(_) => {}
            Err(_) => abort.abort(),
        }
        if random.u8(..4) == 0 {
            later::invalidate(id).await;
        }
    }
}

#[test]
fn no_flight_and_no_caller_is_left_after_threads_and_tasks_have_failed() {
    let (done, ended) = channel();
    let run = thread::spawn(move || {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let caches = Caches::isolated();
        let threads: Vec<_> = (0..CALLERS)
            .map(|seed| {
                let caches = caches.clone();
                thread::spawn(move || caches.sync_scope(|| by_a_thread(Rng::with_seed(seed))))
            })
            .collect();
        let tasks: Vec<_> = (CALLERS..2 * CALLERS)
            .map(|seed| runtime.spawn(caches.scope(by_a_task(Rng::with_seed(seed)))))
            .collect();
        for thread in threads {
            thread.join().expect("no value was wrong");
        }
        for task in tasks {
            runtime.block_on(task).expect("no value was wrong");
        }
        caches.sync_scope(|| {
            let before = NUMBERS.stats();
            println!("{before:?}");
            assert!(before.coalesced > 20 && before.load_errors > 20 && before.hits > 20);
            for id in 0..KEYS {
                now::invalidate(id);
                assert_eq!(now(id, 2).unwrap(), id);
            }
            let after = NUMBERS.stats();
            assert_eq!(
                (after.loads - before.loads, after.coalesced - before.coalesced),
                (KEYS, 0),
                "a flight was left"
            );
        });
        let _ = done.send(());
    });
    let outcome = ended.recv_timeout(Duration::from_secs(120));
    assert_ne!(outcome, Err(RecvTimeoutError::Timeout), "a caller is left waiting");
    run.join().expect("no assertion failed");
}
