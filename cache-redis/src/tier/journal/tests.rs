//! Tests of the queue of invalidations.

mod model;

use std::time::Duration;

use cachery_core::remote::{Digest, Place, TagKey};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn names() -> Names {
    Names::new("p")
}

fn journal() -> Journal {
    Journal::new(names(), Arc::default())
}

fn key_of(name: &'static str, number: u32) -> Scope {
    let digits = if name == "a" { "000000000000000a" } else { "000000000000000b" };
    let (identity, fingerprint) = (digits.parse().unwrap(), digits.parse().unwrap());
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    let place = Arc::new(Place { name, identity, fingerprint });
    Scope::Key(RemoteKey { place, digest: Digest(digest) }, Ending::Invalid)
}

fn key(number: u32) -> Scope {
    key_of("a", number)
}

fn tag(number: u8) -> Scope {
    Scope::Tag(TagKey::of("t", Digest([number; 32])), TagPart::Named, Ending::Invalid)
}

/// The caches of this program.
mod sites {
    use cachery_core::__private::{SITES, Site, linkme};

    #[linkme::distributed_slice(SITES)]
    #[linkme(crate = linkme)]
    static A: Site = Site::named("a", "shop::a", "()", "u8");
    #[linkme::distributed_slice(SITES)]
    #[linkme(crate = linkme)]
    static B: Site = Site::named("b", "shop::b", "()", "u8");
    #[linkme::distributed_slice(SITES)]
    #[linkme(crate = linkme)]
    static LOCAL: Site = Site::named("local", "shop::local", "()", "u8").local();
}

fn cache(name: &str) -> Scope {
    Scope::Cache(name.into(), Ending::Invalid)
}

/// Returns the soft form of `scope`.
fn softly(scope: Scope) -> Scope {
    match scope {
        Scope::Key(key, _) => Scope::Key(key, Ending::Expired),
        Scope::Cache(name, _) => Scope::Cache(name, Ending::Expired),
        Scope::Tag(tag, part, _) => Scope::Tag(tag, part, Ending::Expired),
        Scope::Feed => Scope::Feed,
        Scope::Left(..) => unreachable!("no earlier process left anything"),
    }
}

/// `a1` for the key 1 of the cache `a`, `a*` for all of it, and `~a1` where it expires.
fn short(scope: &Scope) -> String {
    let soft = |ending: &Ending| if *ending == Ending::Expired { "~" } else { "" };
    match scope {
        Scope::Key(key, ending) => {
            let number = u32::from_be_bytes(*key.digest.0.first_chunk().unwrap());
            format!("{}{}{number}", soft(ending), key.place.name)
        }
        Scope::Feed => "feed".to_owned(),
        Scope::Left(..) => unreachable!("no earlier process left anything"),
        Scope::Tag(tag, _, ending) => format!("{}{}{}", soft(ending), tag.name, tag.digest.0[0]),
        Scope::Cache(name, ending) => format!("{}{name}*", soft(ending)),
    }
}

fn open(journal: &Journal) -> Vec<String> {
    journal.outstanding(&|_| true).iter().map(|(_, what)| short(what)).collect()
}

fn slot_of(scope: &Scope) -> u16 {
    scope.slot(&names())
}

impl Journal {
    /// Adds one invalidation and returns its id.
    fn add(&self, scope: Scope) -> ReplayId {
        self.change(|queues| queues.add(scope))
    }
}

#[test]
fn what_is_added_is_outstanding_until_it_is_acknowledged() {
    let (journal, now) = (journal(), Instant::now());
    assert!(!journal.has_outstanding());
    let [one, two] = [1, 2].map(|number| journal.add(key(number)));
    assert_eq!((open(&journal), journal.len()), (vec!["a1".into(), "a2".into()], 2));
    journal.acknowledged(&[one], now);
    assert_eq!(open(&journal), ["a2"]);
    journal.acknowledged(&[two], now);
    assert!(open(&journal).is_empty() && !journal.has_outstanding());
}

#[test]
fn a_key_that_is_invalidated_again_is_one_entry_which_the_older_acknowledgement_leaves() {
    let (journal, now) = (journal(), Instant::now());
    let older = journal.add(key(1));
    journal.add(key(2));
    let newer = journal.add(key(1));
    assert_eq!(open(&journal), ["a2", "a1"]);
    journal.acknowledged(&[older], now);
    assert_eq!(open(&journal), ["a2", "a1"]);
    journal.acknowledged(&[newer], now);
    assert_eq!(open(&journal), ["a2"]);
}

#[test]
fn a_feed_apart_is_told_of_all_that_is_done_later_by_one_entry() {
    let (journal, now) = (journal().announcing(), Instant::now());
    let [one, two] = [1, 2].map(|number| journal.add(key(number)));
    journal.acknowledged(&[one], now);
    assert_eq!(open(&journal), ["a2", "feed"]);
    journal.acknowledged(&[two], now);
    let outstanding = journal.outstanding(&|slot| slot == slot_of(&Scope::Feed));
    let [(told, Scope::Feed)] = outstanding[..] else { panic!("{outstanding:?}") };
    journal.acknowledged(&[told], now);
    assert!(!journal.has_outstanding(), "to tell it is nothing to tell");
    journal.suspect(&|slot| slot == slot_of(&Scope::Feed), now);
    assert!(!journal.has_outstanding(), "a feed that was lost is another one");
}

#[test]
fn a_tag_is_queued_as_a_key_is() {
    let (journal, now) = (journal(), Instant::now());
    let older = journal.add(tag(1));
    let [other, newer] = [2, 1].map(|number| journal.add(tag(number)));
    assert_eq!(open(&journal), ["t2", "t1"]);
    journal.acknowledged(&[older, other], now);
    assert_eq!(open(&journal), ["t1"]);
    journal.acknowledged(&[newer], now);
    journal.suspect(&|slot| slot == slot_of(&tag(2)), now);
    assert_eq!(open(&journal), ["t2"]);
}

#[test]
fn too_many_tags_are_cleared_with_all_shared_caches_of_the_program() {
    let (journal, now) = (Journal::with_room(names(), 2, Arc::default()), Instant::now());
    for number in 1..=3 {
        journal.add(tag(number));
    }
    assert_eq!(open(&journal), ["a*", "b*"]);
    let ids: Vec<_> = journal.outstanding(&|_| true).into_iter().map(|(id, _)| id).collect();
    journal.acknowledged(&ids, now);
    for number in 1..=3 {
        journal.record_all([tag(number)], 0, now);
    }
    assert!(!journal.has_outstanding());
    journal.suspect(&|slot| slot == slot_of(&tag(1)), now);
    assert_eq!(open(&journal), ["a*", "b*"]);
}

#[test]
fn an_expiry_stands_beside_an_invalidation_of_the_same_key() {
    let (journal, now) = (journal(), Instant::now());
    let hard = journal.add(key(1));
    journal.add(softly(key(1)));
    assert_eq!(open(&journal), ["a1", "~a1"]);
    journal.add(softly(cache("a")));
    assert_eq!(open(&journal), ["a1", "~a*"], "it leaves the invalidation");
    journal.acknowledged(&[hard], now);
    journal.add(softly(key(2)));
    journal.add(cache("a"));
    assert_eq!(open(&journal), ["~a*", "a*"]);
}

#[test]
fn too_many_expiries_become_one_of_their_cache() {
    let (journal, now) = (Journal::with_room(names(), 2, Arc::default()), Instant::now());
    for number in 1..=3 {
        journal.add(softly(key(number)));
    }
    assert_eq!(open(&journal), ["~a*"]);
    let ids: Vec<_> = journal.outstanding(&|_| true).into_iter().map(|(id, _)| id).collect();
    journal.acknowledged(&ids, now);
    for number in 1..=3 {
        journal.add(softly(tag(number)));
    }
    assert_eq!(open(&journal), ["~a*", "~b*"]);
}

#[test]
fn each_kind_is_known_by_its_name() {
    for (kind, name) in Kind::NAMES {
        assert_eq!((kind.as_str(), Kind::named(name)), (name, Some(kind)));
    }
}

#[test]
fn a_cleared_cache_is_one_entry_which_the_older_acknowledgement_leaves() {
    let (journal, now) = (journal(), Instant::now());
    let older = journal.add(cache("a"));
    let newer = journal.add(cache("a"));
    journal.acknowledged(&[older], now);
    assert_eq!(open(&journal), ["a*"]);
    journal.acknowledged(&[newer], now);
    assert!(!journal.has_outstanding());
}

#[test]
fn a_clear_makes_the_keys_of_its_cache_unnecessary_and_no_others() {
    let (journal, now) = (journal(), Instant::now());
    let covered = journal.add(key(1));
    journal.add(key_of("b", 1));
    journal.add(cache("a"));
    assert_eq!(open(&journal), ["b1", "a*"]);
    journal.acknowledged(&[covered], now);
    assert_eq!(open(&journal), ["b1", "a*"]);
}

#[test]
fn a_key_invalidated_after_a_clear_is_its_own_entry() {
    // The clear may have been done already, and only its acknowledgement be missing.
    let (journal, now) = (journal(), Instant::now());
    let clear = journal.add(cache("a"));
    journal.add(key(1));
    journal.acknowledged(&[clear], now);
    assert_eq!(open(&journal), ["a1"]);
}

#[test]
fn a_server_is_told_what_it_owns() {
    let journal = journal();
    let all = [key(1), key_of("b", 7), cache("a"), cache("b")];
    let (mine, others) = (slot_of(&all[1]), [&all[2], &all[3]].map(slot_of));
    assert!(!others.contains(&mine));
    journal.add(all[2].clone());
    journal.add(all[1].clone());
    let owned = |wanted: u16| -> Vec<String> {
        journal.outstanding(&|slot| slot == wanted).iter().map(|(_, what)| short(what)).collect()
    };
    assert_eq!(owned(mine), ["b7"]);
    assert_eq!(owned(others[0]), ["a*"]);
    assert!(owned(others[1]).is_empty());
}

#[test]
fn what_a_suspected_server_did_in_the_last_minute_is_outstanding_again() {
    let (journal, start) = (journal(), Instant::now());
    for (number, at) in [(1, 0), (2, 1), (3, 61)] {
        journal.acknowledged(&[journal.add(key(number))], start + at * SECOND);
    }
    let slots = [2, 3].map(|number| slot_of(&key(number)));
    journal.suspect(&|slot| !slots.contains(&slot), start + 61 * SECOND);
    assert!(open(&journal).is_empty(), "done more than a minute ago, or by another server");
    journal.suspect(&|_| true, start + 61 * SECOND);
    assert_eq!(open(&journal), ["a2", "a3"]);
}

#[test]
fn what_was_done_without_being_added_can_be_forgotten_too() {
    let (journal, now) = (journal(), Instant::now());
    journal.add(key(2));
    journal.record_all([cache("a")], 0, now);
    journal.record_all([key(1)], 0, now);
    assert_eq!(open(&journal), ["a2"]);
    journal.suspect(&|_| true, now);
    assert_eq!(open(&journal), ["a*", "a1", "a2"]);
}

#[test]
fn what_was_begun_before_a_suspicion_and_is_acknowledged_after_it_is_outstanding() {
    let (journal, now) = (journal(), Instant::now());
    let before = journal.suspicions();
    journal.suspect(&|_| true, now);
    journal.record_all([key(1)], before, now);
    journal.record_all([key(2)], journal.suspicions(), now);
    assert_eq!(open(&journal), ["a1"]);
}

#[test]
fn what_was_done_more_than_a_minute_ago_is_not_kept() {
    let (journal, start) = (journal(), Instant::now());
    journal.acknowledged(&[journal.add(key(1))], start);
    journal.acknowledged(&[journal.add(key(2))], start + 61 * SECOND);
    assert_eq!(journal.queues.lock().recent.len(), 1);
    journal.suspect(&|_| true, start + 122 * SECOND);
    assert!(!journal.has_outstanding());
}

#[test]
fn what_a_server_may_have_forgotten_comes_before_what_it_never_did() {
    let (journal, now) = (journal(), Instant::now());
    let clear = journal.add(cache("a"));
    journal.add(key(1));
    journal.acknowledged(&[clear], now);
    journal.suspect(&|_| true, now);
    assert_eq!(open(&journal), ["a*", "a1"]);
}

/// Loses the server and suspects it as it comes back `away` later, as often as something is
/// replayed on it; that stands for `up` each time.
fn replays(journal: &Journal, mut now: Instant, [up, away]: [Duration; 2]) -> u32 {
    for count in 0..1000 {
        now += up;
        journal.lost(&|_| true, now);
        now += away;
        journal.suspect(&|_| true, now);
        let replayed = journal.outstanding(&|_| true);
        if replayed.is_empty() {
            return count;
        }
        for (id, _) in replayed {
            journal.acknowledged(&[id], now);
        }
    }
    panic!("a thousand replays and no end");
}

#[test]
fn what_is_replayed_can_be_forgotten_once_more_for_five_minutes_in_all() {
    for (up, count) in [(50, 6), (60, 5), (61, 0)] {
        let (journal, start) = (journal(), Instant::now());
        journal.acknowledged(&[journal.add(key(1))], start);
        assert_eq!(replays(&journal, start, [up * SECOND, SECOND]), count, "each time {up} s");
    }
}

#[test]
fn replays_end_also_where_connections_do_not_last() {
    let (journal, start) = (journal(), Instant::now());
    journal.acknowledged(&[journal.add(key(1))], start);
    assert_eq!(replays(&journal, start, [Duration::ZERO, SECOND]), 300);
}

#[test]
fn however_many_connections_are_made_what_was_done_is_kept_for_a_minute() {
    let (journal, start) = (journal(), Instant::now());
    journal.acknowledged(&[journal.add(key(1))], start);
    for _ in 0..1000 {
        journal.suspect(&|_| true, start);
        assert_eq!(open(&journal), ["a1"]);
        journal.acknowledged(&[journal.outstanding(&|_| true)[0].0], start);
    }
}

#[test]
fn what_is_invalidated_again_is_kept_as_if_for_the_first_time() {
    let (journal, start) = (journal(), Instant::now());
    journal.acknowledged(&[journal.add(key(1))], start);
    for minute in 1..=5 {
        journal.suspect(&|_| true, start + minute * 60 * SECOND);
        journal.acknowledged(&[journal.add(key(1))], start + minute * 60 * SECOND);
    }
    assert_eq!(replays(&journal, start + 300 * SECOND, [60 * SECOND, SECOND]), 5);
}

#[test]
fn the_minute_of_a_server_stands_still_while_it_is_out_of_reach() {
    let (journal, start) = (journal(), Instant::now());
    let slots = [1, 2].map(|number| slot_of(&key(number)));
    for (number, at) in [(1, 0), (2, 30), (3, 30)] {
        journal.acknowledged(&[journal.add(key(number))], start + at * SECOND);
    }
    journal.lost(&|slot| slots.contains(&slot), start + 61 * SECOND);
    journal.record_all([key(4)], 0, start + 3600 * SECOND);
    journal.suspect(&|_| true, start + 3600 * SECOND);
    assert_eq!(
        open(&journal),
        ["a2", "a4"],
        "nobody lost the server of 3, and 1 was done too long before"
    );
}

#[test]
fn too_many_keys_of_servers_out_of_reach_are_cleared_with_their_cache() {
    let (journal, now) = (Journal::with_room(names(), 2, Arc::default()), Instant::now());
    for number in 1..=3 {
        journal.acknowledged(&[journal.add(key(number))], now);
        journal.lost(&|_| true, now);
    }
    assert_eq!(journal.queues.lock().held.len(), 1);
    journal.suspect(&|slot| slot == slot_of(&key(1)), now + 3600 * SECOND);
    assert_eq!(open(&journal), ["a*"]);
}

#[test]
fn an_acknowledgement_from_before_the_suspicion_counts_for_nothing() {
    let (journal, now) = (journal(), Instant::now());
    let id = journal.add(key(1));
    journal.suspect(&|_| true, now);
    journal.acknowledged(&[id], now);
    assert_eq!(open(&journal), ["a1"]);
}

#[test]
fn a_clear_acknowledged_late_does_not_cover_a_key_invalidated_since() {
    // Were the key forgotten with the clear, a value from between the two could come back.
    let (journal, now) = (journal(), Instant::now());
    let clear = journal.add(cache("a"));
    journal.acknowledged(&[journal.add(key(1))], now);
    journal.acknowledged(&[clear], now);
    journal.suspect(&|slot| slot == slot_of(&key(1)), now);
    assert_eq!(open(&journal), ["a1"]);
}

#[test]
fn the_fullest_cache_is_cleared_when_too_many_keys_are_outstanding() {
    let journal = journal();
    journal.add(key_of("b", 0));
    let many = u32::try_from(MAX_KEYS).unwrap();
    let ids: Vec<ReplayId> = (0..many).map(|number| journal.add(key(number))).collect();
    assert_eq!(open(&journal), ["b0", "a*"]);
    journal.acknowledged(&[*ids.last().unwrap()], Instant::now());
    assert_eq!(journal.len(), 2, "a key's acknowledgement does not stand for its cache's");
}

#[test]
fn too_many_recent_keys_are_cleared_with_their_cache_whichever_server_is_suspected() {
    let (journal, now) = (journal(), Instant::now());
    for number in 0..=u32::try_from(MAX_KEYS).unwrap() {
        journal.acknowledged(&[journal.add(key(number))], now);
    }
    assert!(!journal.has_outstanding());
    assert_eq!(journal.queues.lock().recent.len(), 1);
    journal.suspect(&|slot| slot == slot_of(&key(5)), now);
    assert_eq!(open(&journal), ["a*"]);
}

#[test]
fn a_clear_acknowledged_late_does_not_stand_for_too_many_recent_keys() {
    let (journal, now) = (Journal::with_room(names(), 2, Arc::default()), Instant::now());
    let clear = journal.add(cache("a"));
    for number in 1..=3 {
        journal.acknowledged(&[journal.add(key(number))], now);
    }
    journal.acknowledged(&[clear], now);
    journal.suspect(&|slot| slot == slot_of(&key(1)), now);
    assert_eq!(open(&journal), ["a*"]);
}

#[test]
fn slots_are_asked_for_without_the_lock() {
    let journal = journal();
    journal.add(key(1));
    let asks = |_| journal.add(key(2)) != journal.add(key(3));
    journal.outstanding(&asks);
    journal.suspect(&asks, Instant::now());
    assert_eq!(journal.len(), 3);
}
