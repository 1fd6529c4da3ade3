//! The progress of loads, and the chains of loads that wait for one another.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use super::{
    super::{Loading, Progress, carry, keeps_lease},
    *,
};

const PATIENCE: Duration = Duration::from_secs(5);
const NEARLY: Duration = Duration::from_nanos(4_999_999_999);
const REST: Duration = Duration::from_nanos(1);

fn stopped() -> (Clock, Table) {
    let clock = Clock::isolated();
    clock.stop();
    (clock.clone(), table_by(clock))
}

/// Polls a part of a load that waits, and returns the waker that it was polled with.
fn poll_pending(load: &Arc<Progress>) -> Waker {
    let mut waker = None;
    let polled: Poll<()> = load.poll(&mut Context::from_waker(Waker::noop()), |cx| {
        waker = Some(cx.waker().clone());
        Poll::Pending
    });
    assert!(polled.is_pending());
    waker.expect("it was polled")
}

/// Whether the flight that `follower` waits for is idle since the clock's present moment.
fn is_idle_since_now(follower: &Follower<u32>, clock: &Clock) -> bool {
    follower.idle_since() == Some(clock.now())
}

/// Leads `n` and stays outside of its load.
fn lead_key(table: &Table, n: u32) -> Permit<u32> {
    match join_key(table, n) {
        Join::Lead(permit) => permit,
        _ => panic!("somebody loads already"),
    }
}

/// Follows `n` as part of the load of `permit`.
fn follow_within(table: &Table, permit: &Permit<u32>, n: u32) -> Join<u32> {
    Loading::nested(permit.progress()).scope(|| join_key(table, n))
}

#[test]
fn a_load_is_idle_from_its_beginning_until_it_is_polled() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let follower = follow(&table);
    assert!(is_idle_since_now(&follower, &clock));
    let _waker = poll_pending(leader.progress());
    assert_eq!(follower.idle_since(), None, "it waits");
}

#[test]
fn a_load_that_was_woken_is_idle_from_the_first_wake_until_it_is_polled() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let follower = follow(&table);
    let waker = poll_pending(leader.progress());
    clock.advance(PATIENCE);
    waker.wake_by_ref();
    assert!(is_idle_since_now(&follower, &clock));
    clock.advance(PATIENCE);
    waker.wake();
    assert_eq!(
        clock.now().since(follower.idle_since().unwrap()),
        PATIENCE,
        "the first wake counts"
    );
    let _waker = poll_pending(leader.progress());
    assert_eq!(follower.idle_since(), None);
}

#[test]
fn a_load_is_not_idle_while_it_is_polled_and_is_when_it_was_woken_meanwhile() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let follower = follow(&table);
    let polled: Poll<()> = leader.progress().poll(&mut Context::from_waker(Waker::noop()), |cx| {
        cx.waker().wake_by_ref();
        assert_eq!(follower.idle_since(), None, "it runs");
        clock.advance(PATIENCE);
        Poll::Pending
    });
    assert!(polled.is_pending());
    assert!(is_idle_since_now(&follower, &clock));
}

#[test]
fn a_load_is_idle_after_a_poll_that_was_ready_or_panicked() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let follower = follow(&table);
    let poll = |run: fn() -> Poll<()>| {
        let _waker = poll_pending(leader.progress());
        clock.advance(PATIENCE);
        leader.progress().poll(&mut Context::from_waker(Waker::noop()), |_| run())
    };
    assert!(poll(|| Poll::Ready(())).is_ready());
    assert!(is_idle_since_now(&follower, &clock));
    let panics =
        AssertUnwindSafe(|| poll(|| std::panic::resume_unwind(Box::new("the part panics"))));
    assert!(catch_unwind(panics).is_err());
    assert!(is_idle_since_now(&follower, &clock));
}

#[test]
fn each_wake_reaches_the_waker_of_the_last_poll() {
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    let table = table();
    let leader = lead(&table);
    let tasks = [Arc::<Count>::default(), Arc::default()];
    let mut wakers = Vec::new();
    for task in &tasks {
        let polled: Poll<()> =
            leader.progress().poll(&mut Context::from_waker(&Arc::clone(task).into()), |cx| {
                wakers.push(cx.waker().clone());
                Poll::Pending
            });
        assert!(polled.is_pending());
    }
    wakers.iter().for_each(Waker::wake_by_ref);
    assert_eq!(tasks.map(|task| task.0.load(Relaxed)), [0, 2]);
}

#[test]
fn a_successor_is_idle_from_the_moment_of_the_hand_over() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let (_handed_over, waits) = (follow(&table), follow(&table));
    let _waker = poll_pending(leader.progress());
    clock.advance(PATIENCE);
    drop(leader);
    assert!(is_idle_since_now(&waits, &clock));
}

#[test]
fn a_flight_is_idle_when_all_its_loads_are() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let (mut impatient, patient) = (follow(&table), follow(&table));
    impatient.stop_waiting();
    let own_load = permit_of(&mut impatient);
    let waker = poll_pending(own_load.progress());
    assert_eq!(patient.idle_since(), None, "the own load waits");
    clock.advance(PATIENCE);
    waker.wake();
    assert!(is_idle_since_now(&patient, &clock), "the leader was idle before");
    let _waker = poll_pending(leader.progress());
    assert_eq!(patient.idle_since(), None, "the leader waits");
}

#[test]
fn who_would_close_a_circle_of_two_or_of_three_does_not_wait() {
    for length in [2, 3] {
        let table = table();
        let leaders: Vec<_> = (0..length).map(|n| lead_key(&table, n)).collect();
        let mut followers = Vec::new();
        for n in 1..length {
            match follow_within(&table, &leaders[n as usize - 1], n) {
                Join::Follow(follower) => followers.push(follower),
                _ => panic!("there is no circle yet"),
            }
        }
        let last = &leaders[length as usize - 1];
        assert!(matches!(follow_within(&table, last, 0), Join::Own), "{length}");
        assert!(matches!(join_key(&table, 0), Join::Follow(_)), "who is part of no load waits");
        followers.clear();
        assert!(matches!(follow_within(&table, last, 0), Join::Follow(_)), "nobody waits any more");
    }
}

#[test]
fn a_load_that_is_nested_in_another_waits_for_both() {
    let table = table();
    let [outer, inner, other] = [1, 2, 3].map(|n| lead_key(&table, n));
    let _follower = Loading::nested(outer.progress()).scope(|| follow_within(&table, &inner, 3));
    for awaited in [1, 2] {
        assert!(matches!(follow_within(&table, &other, awaited), Join::Own), "{awaited}");
    }
}

#[test]
fn a_scope_carries_the_loads_of_the_code_that_made_it() {
    let table = table();
    let leader = lead(&table);
    let mut inside =
        pin!(Loading::nested(leader.progress()).scope(|| carry(async { join(&table) })));
    let polled = inside.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Join::Own)));
    let mut outside = pin!(carry(async { join(&table) }));
    let poll = || outside.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let polled = Loading::nested(leader.progress()).scope(poll);
    assert!(matches!(polled, Poll::Ready(Join::Own)), "who polls it counts too");
}

#[test]
fn a_load_keeps_its_lease_until_it_was_not_polled_for_long() {
    let (clock, table) = stopped();
    let leader = lead(&table);
    let waker = poll_pending(leader.progress());
    clock.advance(10 * PATIENCE);
    assert!(keeps_lease(leader.progress(), PATIENCE), "it waits");
    waker.wake();
    clock.advance(NEARLY);
    assert!(keeps_lease(leader.progress(), PATIENCE));
    clock.advance(REST);
    assert!(!keeps_lease(leader.progress(), PATIENCE));
}

#[test]
fn a_load_that_waits_for_another_lease_keeps_its_own_for_a_while_only() {
    let (clock, table) = stopped();
    let [outer, inner] = [1, 2].map(|n| lead_key(&table, n));
    let _wakers = [&outer, &inner].map(|permit| poll_pending(permit.progress()));
    let waiting = Loading::nested(outer.progress()).scope(|| inner.await_lease(&enclosing()));
    clock.advance(NEARLY);
    assert!(keeps_lease(outer.progress(), PATIENCE));
    clock.advance(REST);
    assert!(!keeps_lease(outer.progress(), PATIENCE));
    drop(waiting);
    assert!(keeps_lease(outer.progress(), PATIENCE));
}

#[test]
fn a_load_that_follows_one_that_waits_for_a_lease_keeps_its_own_for_a_while_only() {
    let (clock, table) = stopped();
    let [holder, waits] = [1, 2].map(|n| lead_key(&table, n));
    let _wakers = [&holder, &waits].map(|permit| poll_pending(permit.progress()));
    let _follower = follow_within(&table, &holder, 2);
    let _waiting = waits.await_lease(&enclosing());
    clock.advance(PATIENCE);
    assert!(!keeps_lease(holder.progress(), PATIENCE));
}
