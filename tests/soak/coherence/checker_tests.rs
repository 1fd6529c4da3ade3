//! The checker finds the violations in histories made by hand, and none in right ones.

use super::{
    checker::check,
    history::{Event, From, Function, RENEWED, Scope, What},
};

const EVERYWHERE: What = What::Invalidate { everywhere: true };
const QUEUED: What = What::Invalidate { everywhere: false };

/// Makes an event of key 1.
fn event(node: usize, start: u64, end: u64, what: What) -> Event {
    Event { node, scope: Scope::Key(1), start, end, over: end, what, in_reach: true }
}

fn read(node: usize, start: u64, end: u64, value: u64, from: From) -> Event {
    event(node, start, end, What::Read { value: Some(value), from, stale: false })
}

fn put(node: usize, start: u64, end: u64) -> Event {
    event(node, start, end, What::Put { value: start })
}

fn out_of_reach(event: Event) -> Event {
    Event { in_reach: false, ..event }
}

#[track_caller]
fn assert_bad(history: &[Event]) {
    assert_eq!(check(history).len(), 1);
}

#[track_caller]
fn assert_good(history: &[Event]) {
    assert_eq!(check(history).iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn redis_must_not_return_what_any_node_invalidated_before() {
    let invalidation = event(0, 10, 20, EVERYWHERE);
    assert_bad(&[invalidation, read(1, 21, 30, 9, From::Elsewhere)]);
    assert_good(&[invalidation, read(1, 21, 30, 11, From::Elsewhere)]);
}

#[test]
fn a_read_that_began_before_the_acknowledgement_may_be_old() {
    assert_good(&[event(0, 10, 20, EVERYWHERE), read(1, 19, 30, 9, From::Elsewhere)]);
}

#[test]
fn an_invalidation_of_another_key_ends_nothing_and_a_clear_all() {
    let of = |scope| Event { scope, ..event(0, 10, 20, EVERYWHERE) };
    let read_after = read(1, 21, 30, 9, From::Elsewhere);
    for other in [Scope::Key(2), Scope::All(Function::Bulky), Scope::All(Function::Renewed)] {
        assert_good(&[of(other), read_after]);
    }
    assert_bad(&[of(Scope::All(Function::Moment)), read_after]);
}

#[test]
fn a_tag_ends_its_keys_of_both_functions_and_no_others() {
    let of = |tag| Event { scope: Scope::Group(tag), ..event(0, 10, 20, EVERYWHERE) };
    for key in [1, 3, RENEWED, RENEWED + 3] {
        let read_after = read(1, 21, 30, 9, From::Elsewhere);
        let read_after = Event { scope: Scope::Key(key), ..read_after };
        assert_bad(&[of(0), read_after]);
        assert_good(&[of(1), read_after]);
    }
}

#[test]
fn what_has_expired_may_serve_only_where_loads_fail() {
    let expired = event(0, 10, 20, What::Expire { everywhere: true });
    let read_after = read(1, 21, 30, 9, From::Elsewhere);
    assert_bad(&[expired, read_after]);
    let of_renewed = |event| Event { scope: Scope::Key(RENEWED), ..event };
    assert_good(&[expired, read_after].map(of_renewed));
    assert_bad(&[event(0, 10, 20, EVERYWHERE), expired, read_after].map(of_renewed));
}

#[test]
fn a_node_must_not_return_what_it_invalidated_itself_even_where_redis_does_not_know() {
    for from in [From::Memory, From::Elsewhere] {
        assert_bad(&[event(0, 10, 20, QUEUED), read(0, 21, 30, 9, from)]);
        assert_bad(&[event(0, 10, 20, QUEUED), out_of_reach(read(0, 21, 30, 9, from))]);
        assert_good(&[event(0, 10, 20, QUEUED), read(1, 21, 30, 9, from)]);
    }
}

#[test]
fn another_nodes_memory_may_be_old_until_the_push_has_come() {
    let invalidation = event(0, 10, 20, EVERYWHERE);
    assert_good(&[invalidation, read(1, 21, 30, 9, From::Memory)]);
    assert_good(&[invalidation, out_of_reach(read(1, 21, 30, 9, From::Elsewhere))]);
    assert_bad(&[invalidation, read(1, 21, 30, 9, From::Settled)]);
    assert_bad(&[event(0, 10, 20, QUEUED), read(1, 21, 30, 9, From::Settled)]);
}

#[test]
fn a_put_ends_what_began_to_load_before_it() {
    assert_bad(&[put(0, 10, 20), read(1, 21, 30, 9, From::Elsewhere)]);
    assert_bad(&[put(0, 10, 20), read(0, 21, 30, 9, From::Memory)]);
    assert_good(&[put(0, 10, 20), read(1, 21, 30, 10, From::Elsewhere)]);
    assert_good(&[put(0, 10, 20), read(1, 21, 30, 12, From::Elsewhere)]);
}

#[test]
fn a_refresh_does_as_well() {
    let refresh = event(0, 10, 20, What::Refresh);
    assert_bad(&[refresh, read(1, 21, 30, 9, From::Elsewhere)]);
    assert_good(&[refresh, read(1, 21, 30, 11, From::Elsewhere)]);
}

#[test]
fn a_put_that_met_a_fault_ends_nothing() {
    assert_good(&[out_of_reach(put(0, 10, 20)), read(1, 21, 30, 9, From::Elsewhere)]);
}

#[test]
fn a_value_that_was_put_is_as_old_as_the_end_of_its_put() {
    let during = event(1, 12, 15, EVERYWHERE);
    assert_good(&[put(0, 10, 20), during, read(1, 21, 30, 10, From::Elsewhere)]);
    let after = event(1, 21, 25, EVERYWHERE);
    assert_bad(&[put(0, 10, 20), after, read(1, 26, 30, 10, From::Elsewhere)]);
}

#[test]
fn of_writes_that_overlap_any_may_stay() {
    let puts = [put(0, 10, 20), put(1, 15, 25)];
    for value in [10, 15] {
        assert_good(&[puts[0], puts[1], read(2, 26, 30, value, From::Elsewhere)]);
    }
    assert_bad(&[puts[0], puts[1], read(2, 26, 30, 9, From::Elsewhere)]);
}

#[test]
fn a_later_put_ends_an_earlier_one() {
    assert_bad(&[put(0, 10, 20), put(1, 21, 25), read(2, 26, 30, 10, From::Elsewhere)]);
}

#[test]
fn a_write_that_may_still_come_to_redis_overlaps_with_all_until_then() {
    let late = Event { over: 40, ..out_of_reach(put(0, 10, 20)) };
    assert_good(&[late, put(1, 25, 30), read(2, 31, 35, 10, From::Elsewhere)]);
}
