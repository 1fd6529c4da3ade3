//! Keys and caches that expire: the value is read as expired, and no load from before fills.

use cachery_core::remote::OtherLoads;

use super::{releases::Release, *};

/// The ways in which the value of a release is made to expire.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Key,
    Cache,
}

impl Way {
    async fn expire(self, release: &Release) {
        match self {
            Self::Key => release.end(Ending::Expired).await,
            Self::Cache => release.end_all(Ending::Expired).await,
        }
    }
}

/// Runs `test` with each way, on a server of its own, once both nodes of a release read a value.
async fn with_a_value(test: impl AsyncFn(Way, Release, Release, &Server)) {
    for way in [Way::Key, Way::Cache] {
        let server = Server::start().await;
        let start = async || Release::start(&server, "0000000000000001").await;
        let [here, there] = [start().await, start().await];
        here.store("old").await;
        assert_eq!(there.read_with_age().await, Some(("old".into(), false)), "{way:?}");
        test(way, here, there, &server).await;
    }
}

#[tokio::test]
async fn a_value_is_read_as_expired_until_the_next_is_stored() {
    with_a_value(async |way, here, there, _| {
        for round in ["1", "2", "3"] {
            way.expire(&here).await;
            way.expire(&there).await;
            assert!(there.read_with_age().await.is_some_and(|(_, expired)| expired), "{way:?}");
            there.store(round).await;
            assert_eq!(here.read_with_age().await, Some((round.into(), false)), "{way:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_load_that_fails_leaves_it_and_the_next_one_stores() {
    with_a_value(async |way, here, there, _| {
        way.expire(&here).await;
        drop(here.begin().await);
        drop(there.supersede().await);
        assert_eq!(there.read_with_age().await, Some(("old".into(), true)), "{way:?}");
        there.put("put").await;
        assert_eq!(here.read_with_age().await, Some(("put".into(), false)), "{way:?}");
    })
    .await;
}

#[tokio::test]
async fn no_load_from_before_it_makes_a_fresh_value() {
    with_a_value(async |way, here, there, server| {
        server.tell(&["DEL", &here.value_key()]).await;
        let [load, put] = [here.begin().await, here.supersede().await];
        way.expire(&there).await;
        // With a cache, a value of before is stored as one that has expired.
        here.fill(load, Some("load"), FillKind::AfterMiss).await;
        here.fill(put, Some("put"), FillKind::Replacing).await;
        assert!(there.read_with_age().await.is_none_or(|(_, expired)| expired), "{way:?}");
        there.store("new").await;
        assert_eq!(here.read_with_age().await, Some(("new".into(), false)), "{way:?}");
    })
    .await;
}

#[tokio::test]
async fn of_two_loads_after_it_the_first_to_end_is_stored() {
    with_a_value(async |way, here, there, _| {
        way.expire(&here).await;
        let [first, second] = [here.begin().await, there.begin().await];
        assert_eq!(there.fill(second, Some("2"), FillKind::AfterMiss).await, Filled::Stored);
        assert_eq!(here.fill(first, Some("1"), FillKind::AfterMiss).await, Filled::Fenced);
        assert_eq!(here.read_with_age().await, Some(("2".into(), false)), "{way:?}");
    })
    .await;
}

#[tokio::test]
async fn a_lease_of_before_it_holds_up_nobody_and_one_of_after_it_does() {
    with_a_value(async |way, here, there, server| {
        server.tell(&["DEL", &here.value_key()]).await;
        let before = Release::granted(here.ask(OtherLoads::AwaitLease).await);
        way.expire(&here).await;
        let after = Release::granted(there.ask(OtherLoads::AwaitLease).await);
        assert!(matches!(here.ask(OtherLoads::AwaitLease).await, LoadReply::Busy(_)), "{way:?}");
        drop(before);
        there.fill(after, Some("new"), FillKind::AfterMiss).await;
        assert_eq!(here.read_with_age().await, Some(("new".into(), false)), "{way:?}");
    })
    .await;
}

#[tokio::test]
async fn an_invalidation_wins_over_it_before_and_after() {
    with_a_value(async |way, here, there, _| {
        way.expire(&here).await;
        there.invalidate().await;
        assert_eq!(here.read().await, None, "{way:?}");
        way.expire(&here).await;
        assert_eq!(there.read().await, None, "{way:?}");
        here.store("new").await;
        assert_eq!(there.read_with_age().await, Some(("new".into(), false)), "{way:?}");
        way.expire(&here).await;
        there.end_all(Ending::Invalid).await;
        way.expire(&here).await;
        assert_eq!(there.read().await, None, "{way:?}");
    })
    .await;
}

#[tokio::test]
async fn a_mark_from_before_it_is_not_that_of_after_it() {
    with_a_value(async |way, here, there, _| {
        let mark = async || here.tier.read(&here.key, &[], LONG).await.unwrap().mark;
        let before = mark().await;
        way.expire(&there).await;
        let after = mark().await;
        assert_ne!(before, after, "{way:?}");
        let permit = there.begin().await;
        assert_eq!(permit.mark, mark().await, "{way:?}: who reads now may wait for this load");
    })
    .await;
}

#[tokio::test]
async fn an_expiry_that_cannot_be_sent_is_queued_and_done_before_the_next_read() {
    let server = Server::start().await;
    let release = Release::start(&server, "0000000000000001").await;
    release.store("old").await;
    server.freeze();
    let keys = std::slice::from_ref(&release.key);
    assert!(release.tier.invalidate(keys, Ending::Expired, BUDGET).await.is_err());
    server.thaw();
    let done = async || (queued(&release.tier) == 0).then_some(());
    eventually("the queue is done", LONG, done).await;
    assert_eq!(release.read_with_age().await, Some(("old".into(), true)));
}

#[tokio::test]
async fn a_value_of_a_tag_is_read_with_the_half_of_its_generation_that_is_left() {
    let server = Server::start().await;
    let tier = connect(&server.url()).await;
    let tag = [TagKey::of("t", Digest([7; 32]))];
    let generation = async || tier.tag_generations(&tag, LONG).await.unwrap()[0];
    assert_eq!(tier.invalidate_tags(&tag, Ending::Expired, LONG).await, Ok(()));
    assert_eq!(generation().await, None, "what nothing has does not come to be");
    let key = String::from_utf8(tier.0.node.names.tag(&tag[0])).unwrap();
    server.tell(&["SET", &key, "0123456789abcdef", "PX", "60000"]).await;
    assert_eq!(tier.invalidate_tags(&tag, Ending::Expired, LONG).await, Ok(()));
    let after = generation().await.unwrap();
    assert!(after[..8] == *b"01234567" && after[8..] != *b"89abcdef", "{after:?}");
    assert!(server.ask::<i64>(&["PTTL", &key]).await > 0, "its life stays");
    assert_eq!(tier.invalidate_tags(&tag, Ending::Invalid, LONG).await, Ok(()));
    assert_eq!(generation().await, None);
}
