//! Threads that wait: for other threads, for tasks, and never for themselves.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc, Barrier, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use cachery::{Caches, cached, caches};
use tokio::runtime::{Builder, Runtime};

use super::in_time;

/// The time of a call that waits for nothing, on a busy machine. A wait would be longer.
const AT_ONCE: Duration = Duration::from_secs(4);

caches! {
    static NUMBERS: Cache<u64, usize> = { name: "sync-waits", ttl: "1h" };
}

/// A load that is held back until the test lets it go on.
struct Gate {
    runs: AtomicUsize,
    begun: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Gate {
    /// Returns a gate, what tells of each load's beginning, and what ends one load.
    fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((begun, tells), (ends, go_on)) = (channel(), channel());
        let gate = Self { runs: AtomicUsize::new(0), begun, go_on: Mutex::new(go_on) };
        (Arc::new(gate), tells, ends)
    }

    fn enter(&self) -> usize {
        let run = self.runs.fetch_add(1, SeqCst) + 1;
        let _ = self.begun.send(());
        run
    }

    fn pass(&self) -> usize {
        let run = self.enter();
        self.go_on
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv()
            .expect("the test lets it go on");
        run
    }
}

#[cached(cache = NUMBERS, skip(gate))]
fn number(id: u64, gate: &Gate) -> usize {
    gate.pass()
}

/// Waits for a task that a waker ends, so that a runtime must poll it.
#[cached(cache = NUMBERS, skip(gate, end))]
async fn number_later(id: u64, gate: &Gate, end: tokio::sync::oneshot::Receiver<()>) -> usize {
    let run = gate.enter();
    let _ = end.await;
    run
}

#[cached(cache = NUMBERS, skip(runs))]
fn quick(id: u64, runs: &AtomicUsize) -> usize {
    runs.fetch_add(1, SeqCst) + 1
}

#[cached(cache = NUMBERS, skip(runs))]
async fn slow_later(id: u64, runs: &AtomicUsize) -> usize {
    tokio::time::sleep(Duration::from_millis(50)).await;
    runs.fetch_add(1, SeqCst) + 1
}

#[cached(cache = NUMBERS, skip(runs))]
fn slow(id: u64, runs: &AtomicUsize) -> usize {
    thread::sleep(Duration::from_millis(50));
    runs.fetch_add(1, SeqCst) + 1
}

fn runtime(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("a runtime")
}

/// Begins calls on threads of their own, at once.
fn threads<T: Send + 'static>(
    count: usize,
    caches: &Caches,
    call: impl Fn() -> T + Send + Clone + 'static,
) -> Vec<thread::JoinHandle<T>> {
    let begin = Arc::new(Barrier::new(count));
    let one = |_| {
        let (begin, caches, call) = (Arc::clone(&begin), caches.clone(), call.clone());
        thread::spawn(move || {
            begin.wait();
            caches.sync_scope(call)
        })
    };
    (0..count).map(one).collect()
}

#[test]
fn a_thousand_threads_and_a_thousand_tasks_share_one_load() {
    in_time(|| {
        let (caches, runs) = (Caches::isolated(), Arc::new(AtomicUsize::new(0)));
        let runtime = runtime(2);
        let counted = Arc::clone(&runs);
        let waiting = threads(1_000, &caches, move || slow(1, &counted));
        let tasks: Vec<_> = (0..1_000)
            .map(|_| {
                let runs = Arc::clone(&runs);
                runtime.spawn(caches.scope(async move { slow_later(1, &runs).await }))
            })
            .collect();
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), 1);
        }
        for task in tasks {
            assert_eq!(runtime.block_on(task).unwrap(), 1);
        }
        let stats = caches.sync_scope(|| NUMBERS.stats());
        assert_eq!((runs.load(SeqCst), stats.loads), (1, 1));
    });
}

#[test]
fn threads_wait_for_a_task_of_another_thread() {
    in_time(|| {
        let (caches, runtime) = (Caches::isolated(), runtime(1));
        let (gate, begun, _ends) = Gate::new();
        let (end, ended) = tokio::sync::oneshot::channel();
        let leader = Arc::clone(&gate);
        let task =
            runtime.spawn(caches.scope(async move { number_later(1, &leader, ended).await }));
        begun.recv().unwrap();
        let waiting = threads(8, &caches, move || number(1, &gate));
        while caches.sync_scope(|| NUMBERS.stats().misses) < 9 {
            thread::yield_now();
        }
        end.send(()).unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), 1);
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap() == 1));
    });
}

#[test]
fn the_panic_of_one_thread_hands_over_to_the_next() {
    in_time(|| {
        let caches = Caches::isolated();
        let (gate, begun, ends) = Gate::new();
        let waiting = threads(3, &caches, move || {
            catch_unwind(AssertUnwindSafe(|| {
                assert!(number(1, &gate) > 1, "the first panics");
                true
            }))
        });
        begun.recv().unwrap();
        while caches.sync_scope(|| NUMBERS.stats().misses) < 3 {
            thread::yield_now();
        }
        // The load ends by a panic: nobody holds the other end.
        drop(ends);
        let ended: Vec<_> = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(ended.iter().all(Result::is_err), "each runs the function for itself");
    });
}

#[test]
fn what_is_invalidated_while_it_loads_is_not_stored() {
    in_time(|| {
        let caches = Caches::isolated();
        let (gate, begun, ends) = Gate::new();
        let loading = threads(1, &caches, move || number(1, &gate)).remove(0);
        begun.recv().unwrap();
        caches.sync_scope(|| number::invalidate(1));
        ends.send(()).unwrap();
        assert_eq!(loading.join().unwrap(), 1);
        assert_eq!(caches.sync_scope(|| number::peek(1)), None);
    });
}

#[test]
fn a_reentrant_call_runs_the_body() {
    #[cached(name = "sync-reentrant", ttl = "1h", skip(depth))]
    fn nested(id: u64, depth: u64) -> u64 {
        if depth == 0 { id } else { nested(id, depth - 1) + 1 }
    }

    in_time(|| {
        Caches::isolated().sync_scope(|| {
            assert_eq!((nested(1, 3), nested::peek(1)), (4, Some(4)));
        });
    });
}

/// A task of the same runtime leads, and nobody but this thread can poll it.
#[test]
fn on_a_current_thread_runtime_a_call_does_not_wait_for_a_task() {
    in_time(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let caches = Caches::isolated();
        runtime.block_on(caches.scope(async {
            let (gate, _begun, _ends) = Gate::new();
            let (end, ended) = tokio::sync::oneshot::channel();
            let runs = AtomicUsize::new(10);
            let mut leader = pin!(number_later(1, &gate, ended));
            assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            for _ in 0..20 {
                NUMBERS.invalidate(&2).await;
                let began = Instant::now();
                assert_eq!(quick(1, &runs), 11);
                assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
            }
            assert_eq!(NUMBERS.stats().loads, 1, "it is counted, and stored");
            end.send(()).unwrap();
            assert_eq!(leader.await, 1, "a leader returns its own value");
            assert_eq!(quick::peek(1), Some(11), "but a value that came later stays");
        }));
    });
}

#[test]
fn on_workers_of_a_runtime_calls_do_not_wait_for_a_task() {
    in_time(|| {
        let (caches, runtime) = (Caches::isolated(), runtime(1));
        let (gate, begun, _ends) = Gate::new();
        let (end, ended) = tokio::sync::oneshot::channel();
        let leader = Arc::clone(&gate);
        let task =
            runtime.spawn(caches.scope(async move { number_later(1, &leader, ended).await }));
        begun.recv().unwrap();
        let runs = Arc::new(AtomicUsize::new(10));
        // More than ever load beside a leader that they wait for.
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (runs, scope) = (Arc::clone(&runs), caches.clone());
                runtime.spawn_blocking(move || scope.sync_scope(|| quick(1, &runs)))
            })
            .collect();
        let worker = runtime.spawn(caches.scope({
            let runs = Arc::clone(&runs);
            async move { quick(1, &runs) }
        }));
        assert!(runtime.block_on(worker).unwrap() > 10);
        for call in calls {
            assert!(runtime.block_on(call).unwrap() > 10);
        }
        let _ = end.send(());
        assert_eq!(runtime.block_on(task).unwrap(), 1);
    });
}

#[test]
fn blocking_tasks_wait_for_one_of_them() {
    in_time(|| {
        let (caches, runtime) = (Caches::isolated(), runtime(1));
        let runs = Arc::new(AtomicUsize::new(0));
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let (runs, caches) = (Arc::clone(&runs), caches.clone());
                runtime.spawn_blocking(move || caches.sync_scope(|| slow(1, &runs)))
            })
            .collect();
        for call in calls {
            assert_eq!(runtime.block_on(call).unwrap(), 1);
        }
    });
}

/// A thread leads, and waits for a task that only the waiting thread can poll.
#[test]
fn a_thread_of_a_runtime_does_not_wait_for_a_thread_that_waits_for_its_task() {
    #[cached(name = "sync-outer", ttl = "1h", skip(gate, runs))]
    fn outer(id: u64, gate: &Gate, runs: &AtomicUsize) -> usize {
        gate.enter();
        quick(id, runs)
    }

    in_time(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let caches = Caches::isolated();
        runtime.block_on(caches.scope(async {
            let (gate, begun, _ends) = Gate::new();
            let (end, ended) = tokio::sync::oneshot::channel();
            let mut leader = pin!(number_later(1, &gate, ended));
            assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            begun.recv().unwrap();
            let runs = Arc::new(AtomicUsize::new(10));
            let call = {
                let (gate, runs) = (Arc::clone(&gate), Arc::clone(&runs));
                move || outer(1, &gate, &runs)
            };
            let other = threads(1, &caches, call.clone()).remove(0);
            begun.recv().unwrap();
            assert_eq!(call(), 11, "it runs the body, whose own call does not wait either");
            end.send(()).unwrap();
            leader.await;
            assert!(other.join().unwrap() >= 11);
        }));
    });
}

/// An executor that is not tokio's, on one thread.
#[test]
fn a_call_does_not_wait_for_a_task_that_its_thread_has_polled() {
    in_time(|| {
        Caches::isolated().sync_scope(|| {
            let (gate, _begun, _ends) = Gate::new();
            let (_end, ended) = tokio::sync::oneshot::channel();
            let mut leader = pin!(number_later(1, &gate, ended));
            assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let began = Instant::now();
            assert_eq!(quick(1, &AtomicUsize::new(10)), 11);
            assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        });
    });
}
