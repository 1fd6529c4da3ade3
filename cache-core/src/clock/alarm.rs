//! Alarms in real time, to the millisecond, without the timers of a runtime: one thread wakes all
//! that wait.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Instant,
};

use parking_lot::{Condvar, Mutex};

/// Those who wait, in the order of their moments. The number tells apart those of one moment.
static WAITING: Mutex<BTreeMap<(Instant, u64), Waker>> = Mutex::new(BTreeMap::new());
/// Told when the first of them is another one.
static SOONER: Condvar = Condvar::new();

/// A future that is ready at a moment. Dropping it wakes nobody.
pub(super) struct Alarm {
    id: (Instant, u64),
}

impl Alarm {
    pub(super) fn at(moment: Instant) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        Self { id: (moment, IDS.fetch_add(1, Relaxed)) }
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        static THREAD: Once = Once::new();
        if self.id.0 <= Instant::now() {
            return Poll::Ready(());
        }
        THREAD.call_once(start);
        let mut waiting = WAITING.lock();
        let earlier = waiting.insert(self.id, cx.waker().clone());
        let is_first = waiting.first_key_value().is_some_and(|(first, _)| *first == self.id);
        drop(waiting);
        drop(earlier);
        if is_first {
            SOONER.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let waker = WAITING.lock().remove(&self.id);
        // Without the lock: a waker is foreign code.
        drop(waker);
    }
}

fn start() {
    let thread = thread::Builder::new().name("cachery-alarms".to_owned());
    if let Err(error) = thread.spawn(run) {
        tracing::warn!(%error, "no thread for alarms: timeouts end up to half a second late");
    }
}

fn run() {
    loop {
        let mut waiting = WAITING.lock();
        let now = Instant::now();
        let later = waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut *waiting, later);
        if due.is_empty() {
            let first = waiting.first_key_value().map(|((first, _), _)| *first);
            match first {
                Some(first) => _ = SOONER.wait_until(&mut waiting, first),
                None => SOONER.wait(&mut waiting),
            }
            continue;
        }
        drop(waiting);
        due.into_values().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::park::park;

    #[test]
    fn alarms_end_in_their_order_and_not_before_their_moment() {
        let began = Instant::now();
        let later = thread::spawn(move || {
            park(Alarm::at(began + Duration::from_millis(60)));
            began.elapsed()
        });
        park(Alarm::at(began + Duration::from_millis(20)));
        assert!(began.elapsed() >= Duration::from_millis(20));
        assert!(later.join().unwrap() >= Duration::from_millis(60));
    }

    #[test]
    fn an_alarm_that_nobody_waits_for_is_forgotten() {
        let id = {
            let mut alarm = Alarm::at(Instant::now() + Duration::from_secs(3600));
            assert!(
                Pin::new(&mut alarm).poll(&mut Context::from_waker(Waker::noop())).is_pending()
            );
            assert!(WAITING.lock().contains_key(&alarm.id));
            alarm.id
        };
        assert!(!WAITING.lock().contains_key(&id));
    }
}
