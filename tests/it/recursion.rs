//! A cached function that calls itself: thousands of calls deep on the stack of a worker thread.

use std::{hint::black_box, ptr::from_ref, thread, time::Duration};

use cachery::{Caches, cached};
use tokio::runtime::Builder;

/// The stack of a worker thread of tokio.
const STACK: usize = 2 * 1024 * 1024;

/// The depth that is promised.
const DEPTH: u64 = if cfg!(debug_assertions) { 1_500 } else { 5_000 };

#[cached(name = "recursion-async", ttl = "1h")]
async fn sum(n: u64) -> u64 {
    if n == 0 { 0 } else { n + Box::pin(sum(n - 1)).await }
}

/// Returns an address on the stack, close to that of its caller's frame.
#[inline(never)]
fn here() -> usize {
    let local = 0;
    from_ref(black_box(&local)).addr()
}

/// Returns the bytes on the stack between the first call and the last.
#[cached(name = "recursion-async-measured", ttl = "1h", skip(first))]
async fn bytes(n: u64, first: usize) -> usize {
    let here = here();
    if n == 0 {
        first - here
    } else {
        Box::pin(bytes(n - 1, if first == 0 { here } else { first })).await
    }
}

#[cached(name = "recursion-async-waits", ttl = "1h")]
async fn waits(n: u64) -> u64 {
    if n == 0 {
        Box::pin(tokio::time::sleep(Duration::from_millis(5))).await;
        0
    } else {
        n + Box::pin(waits(n - 1)).await
    }
}

#[cached(name = "recursion-sync", ttl = "1h")]
fn sum_now(n: u64) -> u64 {
    if n == 0 { 0 } else { n + sum_now(n - 1) }
}

#[cached(name = "recursion-sync-measured", ttl = "1h", skip(first))]
fn bytes_now(n: u64, first: usize) -> usize {
    let here = here();
    if n == 0 { first - here } else { bytes_now(n - 1, if first == 0 { here } else { first }) }
}

fn on_worker_stack<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(STACK).spawn(act).unwrap().join().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(Caches::isolated().scope(future))
}

/// Returns the stack that each level of a recursion takes.
fn of_each(bytes: impl Fn(u64) -> usize) -> usize {
    (bytes(60) - bytes(10)) / 50
}

#[test]
fn a_call_takes_little_of_the_stack() {
    let of_tasks = of_each(|depth| {
        block_on(async { tokio::task::coop::unconstrained(bytes(depth, 0)).await })
    });
    let of_threads = of_each(|depth| Caches::isolated().sync_scope(|| bytes_now(depth, 0)));
    println!("bytes of stack for each call: {of_tasks} of a task, {of_threads} of a thread");
    let most = STACK / usize::try_from(DEPTH).unwrap();
    assert!(of_tasks < most && of_threads < most, "{of_tasks} {of_threads} of {most}");
}

#[test]
fn an_async_recursion_goes_thousands_deep() {
    let sum = on_worker_stack(|| block_on(sum(DEPTH)));
    assert_eq!(sum, DEPTH * (DEPTH + 1) / 2);
}

#[test]
fn an_async_recursion_waits_thousands_deep() {
    let sum = on_worker_stack(|| block_on(waits(DEPTH)));
    assert_eq!(sum, DEPTH * (DEPTH + 1) / 2);
}

#[test]
fn a_recursion_of_threads_goes_thousands_deep() {
    let sum = on_worker_stack(|| Caches::isolated().sync_scope(|| sum_now(DEPTH)));
    assert_eq!(sum, DEPTH * (DEPTH + 1) / 2);
}
