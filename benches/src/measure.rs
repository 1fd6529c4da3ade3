//! Rounds of calls of one contender.

use std::{future::Future, hint::black_box, thread, time::Instant};

use tokio::runtime::{Builder, Runtime};

use crate::{
    alloc,
    contenders::{Contender, TENANT, contenders, runs},
    load::{Calls, Load},
};

/// One round of one contender, for each call.
pub struct Sample {
    pub nanos: f64,
    pub allocations: f64,
}

/// A contender as an object. The rounds are inside, so its calls are inlined.
pub trait Measured: Sync {
    fn name(&self) -> &'static str;
    fn word(&self) -> &'static str;

    /// Calls with each key, so that the rounds find a value.
    fn fill(&self, runtime: &Runtime, load: &Load);

    /// Makes the calls of one round with keys in this order.
    fn round(&self, runtime: &Runtime, load: &Load, order: &[u32]) -> Sample;

    /// Makes so many hits on each of two threads at once, each with an order of its own. Returns the
    /// mean of their times.
    fn two_threads(&self, load: &Load, round: usize, hits: usize) -> Sample;
}

/// Returns all contenders, of which the first is ours.
pub fn all() -> [&'static dyn Measured; 9] {
    contenders!(Measured)
}

impl<C: Contender + Sync> Measured for C {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn word(&self) -> &'static str {
        C::WORD
    }

    fn fill(&self, runtime: &Runtime, load: &Load) {
        let order = load.each_key();
        runtime.block_on(async {
            match load.calls {
                Calls::Owned => hits_owned::<C>(load, &order).await,
                Calls::Shared | Calls::Invalidate { .. } => hits::<C>(load, &order).await,
            }
        });
    }

    fn round(&self, runtime: &Runtime, load: &Load, order: &[u32]) -> Sample {
        let runs_before = runs();
        let sample = runtime.block_on(async {
            match load.calls {
                Calls::Shared => hits::<C>(load, order).await,
                Calls::Owned => hits_owned::<C>(load, order).await,
                Calls::Invalidate { one_of } => mixed::<C>(load, order, one_of).await,
            }
        });
        let has_misses = matches!(load.calls, Calls::Invalidate { .. });
        assert_eq!(runs() > runs_before, has_misses, "{}, {load}", C::NAME);
        sample
    }

    fn two_threads(&self, load: &Load, round: usize, hits: usize) -> Sample {
        let serve = |thread: usize| {
            move || {
                let order = load.hits(2 * round + thread, hits);
                let runtime = Builder::new_current_thread().build().expect("a runtime");
                runtime.block_on(timed(&order, |key| C::shared(TENANT, load.text(key)))).nanos
            }
        };
        let nanos = thread::scope(|scope| {
            let threads = [0, 1].map(|thread| scope.spawn(serve(thread)));
            threads.map(|thread| thread.join().expect("it served")).iter().sum::<f64>() / 2.0
        });
        Sample { nanos, allocations: 0.0 }
    }
}

async fn timed<T, F: Future<Output = T>>(order: &[u32], call: impl Fn(u32) -> F) -> Sample {
    let allocations = alloc::count();
    let began = Instant::now();
    for key in order {
        black_box(call(*key).await);
    }
    Sample::since(began, allocations, order.len())
}

async fn hits<C: Contender>(load: &Load, order: &[u32]) -> Sample {
    timed(order, |key| C::shared(load.tenant, load.text(key))).await
}

async fn hits_owned<C: Contender>(load: &Load, order: &[u32]) -> Sample {
    timed(order, |key| C::owned(load.tenant, load.text(key))).await
}

/// Makes calls, one of so many an invalidation. A call for a key that was invalidated runs the
/// function and stores.
async fn mixed<C: Contender>(load: &Load, order: &[u32], one_of: usize) -> Sample {
    let allocations = alloc::count();
    let began = Instant::now();
    for (n, key) in order.iter().enumerate() {
        let text = load.text(*key);
        match n % one_of {
            0 => C::remove(load.tenant, text).await,
            _ => drop(black_box(C::shared(load.tenant, text).await)),
        }
    }
    Sample::since(began, allocations, order.len())
}

impl Sample {
    fn since(began: Instant, allocations: u64, calls: usize) -> Self {
        let nanos = began.elapsed().as_nanos() as f64;
        let allocations = alloc::count() - allocations;
        Self { nanos: nanos / calls as f64, allocations: allocations as f64 / calls as f64 }
    }
}
