//! Counters that many threads add to, for years.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

use super::{
    super::counters::{Counters, micros},
    *,
};

/// The stripes are the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// A load that took so long and cost nothing.
fn time(time: Duration) -> Spent {
    Spent { micros: micros(time), nanos: 0 }
}

/// As much as 50,000 hits a second of two seconds each come to in a year and a half, over all
/// stripes.
#[test]
fn years_of_hits_do_not_overflow_the_time_saved() {
    let _alone = alone();
    let counters = Counters::default();
    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    let meeting = Barrier::new(STRIPES);
    thread::scope(|scope| {
        for _ in 0..STRIPES {
            scope.spawn(|| {
                meeting.wait();
                (0..100).for_each(|_| counters.hit(time(century)));
                meeting.wait();
            });
        }
    });
    (0..1600).for_each(|_| counters.load(century, false));
    let stats = counters.snapshot(0);
    assert_eq!(
        (stats.hits, stats.time_saved, stats.load_time),
        (1600, century * 1600, century * 1600)
    );
    assert_eq!(stats.mean_load_time(), century);
}

#[test]
fn sums_that_leave_their_range_do_not_panic() {
    let counters = Counters::default();
    counters.hits.0[1].saved_micros.add(u64::MAX);
    counters.hits.0[2].saved_micros.add(8);
    let mut sum = counters.snapshot(0);
    assert_eq!(sum.time_saved, Duration::from_micros(7));
    sum.time_saved = Duration::MAX;
    sum.hits = u64::MAX;
    sum += sum;
    assert_eq!((sum.hits, sum.time_saved), (u64::MAX, Duration::MAX));
    sum.misses = 1;
    assert!(sum.hit_ratio() <= 1.0);
}

#[test]
fn a_begun_microsecond_is_a_whole_one_and_no_time_is_none() {
    let _alone = alone();
    let counters = Counters::default();
    for nanos in [0, 1, 1000, 1001] {
        let time = Duration::from_nanos(nanos);
        counters.hit(self::time(time));
        counters.load(time, false);
    }
    let stats = counters.snapshot(0);
    let four = Duration::from_micros(4);
    assert_eq!((stats.time_saved, stats.load_time), (four, four));
}

#[test]
fn threads_give_their_stripes_back_and_no_count_is_lost() {
    let _alone = alone();
    let counters = Arc::new(Counters::default());
    let count = |times: u64| {
        let counters = Arc::clone(&counters);
        move || {
            (0..times).for_each(|_| counters.hit(time(Duration::from_micros(1))));
            stripe()
        }
    };
    let one_after_another = || {
        for _ in 0..100 {
            let stripe = thread::spawn(count(10)).join().expect("it counted");
            assert_ne!(stripe, SHARED, "there are free ones");
        }
    };
    one_after_another();
    let crowd: Vec<_> = (0..40).map(|_| thread::spawn(count(10_000))).collect();
    for thread in crowd {
        thread.join().expect("it counted");
    }
    one_after_another();
    let stats = counters.snapshot(0);
    assert_eq!((stats.hits, stats.time_saved), (402_000, Duration::from_millis(402)));
}

#[test]
fn a_thread_that_ends_counts_on_the_shared_stripe() {
    struct Late(Arc<Counters>);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.hit(Spent::default());
        }
    }
    thread_local! {
        static BEFORE: Cell<Option<Late>> = const { Cell::new(None) };
        static AFTER: Cell<Option<Late>> = const { Cell::new(None) };
    }
    let _alone = alone();
    let counters = Arc::new(Counters::default());
    let late = || Some(Late(Arc::clone(&counters)));
    let (before, after, now) = (late(), late(), Arc::clone(&counters));
    let thread = thread::spawn(move || {
        // One of them ends after the stripe is free again, whichever way round the platform goes.
        BEFORE.set(before);
        now.hit(Spent::default());
        AFTER.set(after);
    });
    thread.join().expect("it counted");
    assert_eq!((counters.snapshot(0).hits, counters.hits.0[SHARED].hits.get()), (3, 1));
}

#[test]
fn a_hit_that_is_taken_back_leaves_nothing_behind_also_where_threads_share_a_stripe() {
    let _alone = alone();
    let counters = Counters::default();
    let spent = Spent { micros: 3, nanos: 5 };
    let hit_and_take_back = || {
        counters.hit(spent);
        counters.hit(spent);
        counters.no_hit(spent);
        counters.no_hit(spent);
        counters.hit(spent);
    };
    hit_and_take_back();
    STRIPE.set(Some(SHARED));
    hit_and_take_back();
    STRIPE.set(None);
    let stats = counters.snapshot(0);
    assert_eq!((stats.hits, stats.money.saved_by_hits), (2, 10));
    assert_eq!(stats.time_saved, Duration::from_micros(6));
}
