//! Two releases of one program on one server: their keys have one identity and two fingerprints.

use std::time::SystemTime;

use cachery_core::{
    Codec, Lifetimes, Spent,
    remote::{Holder, IfStored, OtherLoads, StoredValue},
};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// One release, and the key of which the tests tell.
pub(super) struct Release {
    pub(super) tier: Tier,
    pub(super) key: RemoteKey,
}

impl Release {
    pub(super) async fn start(server: &Server, fingerprint: &str) -> Self {
        let [key] = <[RemoteKey; 1]>::try_from(keys(1)).ok().unwrap();
        let identity = key.place.identity;
        let place = Place { name: "a", identity, fingerprint: fingerprint.parse().unwrap() };
        let key = RemoteKey { place: Arc::new(place), digest: key.digest };
        Self { tier: connect(&server.url()).await, key }
    }

    pub(super) async fn both(server: &Server) -> [Self; 2] {
        let start = |fingerprint| Self::start(server, fingerprint);
        [start("0000000000000001").await, start("0000000000000002").await]
    }

    pub(super) async fn ask(&self, others: OtherLoads) -> LoadReply {
        let stored = match others {
            OtherLoads::Supersede => IfStored::LoadAnyway,
            _ => IfStored::ReturnIt,
        };
        let request = LoadRequest {
            generation: None,
            tags: Vec::new(),
            others,
            stored,
            holder: Holder::new(|| true),
            has_standby: false,
        };
        self.tier.request_load(&self.key, request, LONG).await.unwrap()
    }

    #[track_caller]
    pub(super) fn granted(reply: LoadReply) -> RemotePermit {
        match reply {
            LoadReply::Granted(permit) => permit,
            LoadReply::Found(_) => panic!("a value is stored"),
            LoadReply::Busy(_) => panic!("another node loads"),
            LoadReply::HeldOff(_) => panic!("no load has failed"),
        }
    }

    pub(super) async fn begin(&self) -> RemotePermit {
        Self::granted(self.ask(OtherLoads::LoadBeside).await)
    }

    pub(super) async fn supersede(&self) -> RemotePermit {
        Self::granted(self.ask(OtherLoads::Supersede).await)
    }

    pub(super) async fn fill(
        &self,
        permit: RemotePermit,
        value: Option<&str>,
        kind: FillKind,
    ) -> Filled {
        self.fill_for(permit, value, kind, Some(HOUR)).await
    }

    pub(super) async fn fill_for(
        &self,
        permit: RemotePermit,
        value: Option<&str>,
        kind: FillKind,
        life: Option<Duration>,
    ) -> Filled {
        let outgoing = value.map(|value| Outgoing {
            payload: value.into(),
            codec: Codec::Json,
            lifetimes: Lifetimes::fresh(life),
            written: SystemTime::now(),
            spent: Spent::default(),
            tags: Vec::new(),
        });
        self.tier.fill(&self.key, permit, outgoing, kind, LONG).await.unwrap()
    }

    /// Loads and stores a value.
    pub(super) async fn store(&self, value: &str) {
        let permit = self.begin().await;
        let filled = self.fill(permit, Some(value), FillKind::AfterMiss).await;
        assert_eq!(filled, Filled::Stored);
    }

    pub(super) async fn put(&self, value: &str) {
        let permit = self.supersede().await;
        let filled = self.fill(permit, Some(value), FillKind::Replacing).await;
        assert_eq!(filled, Filled::Stored);
    }

    pub(super) async fn read(&self) -> Option<String> {
        self.read_with_age().await.map(|(value, _)| value)
    }

    /// Returns the stored value, and whether it has expired.
    pub(super) async fn read_with_age(&self) -> Option<(String, bool)> {
        match self.tier.read(&self.key, &[], LONG).await.unwrap().stored {
            StoredValue::Present(value) => {
                Some((String::from_utf8(value.payload().to_vec()).unwrap(), value.expired))
            }
            StoredValue::Absent => None,
            StoredValue::Corrupt => panic!("nothing here is corrupt"),
        }
    }

    pub(super) async fn invalidate(&self) {
        self.end(Ending::Invalid).await;
    }

    pub(super) async fn end(&self, ending: Ending) {
        let keys = std::slice::from_ref(&self.key);
        assert_eq!(self.tier.invalidate(keys, ending, LONG).await, Ok(()));
    }

    pub(super) async fn end_all(&self, ending: Ending) {
        assert_eq!(self.tier.invalidate_cache("a", ending, LONG).await, Ok(()));
    }

    pub(super) fn token_key(&self) -> String {
        String::from_utf8(self.tier.0.node.names.token(&self.key)).unwrap()
    }

    pub(super) fn value_key(&self) -> String {
        String::from_utf8(self.tier.0.node.names.value(&self.key)).unwrap()
    }
}

#[tokio::test]
async fn each_release_reads_its_own_value_and_none_ends_that_of_the_other() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    for round in ["1", "2", "3"] {
        old.store(&format!("old {round}")).await;
        new.store(&format!("new {round}")).await;
        assert_eq!(old.read().await, Some(format!("old {round}")));
        assert_eq!(new.read().await, Some(format!("new {round}")));
        for release in [&old, &new] {
            server.tell(&["DEL", &release.value_key()]).await;
        }
    }
}

#[tokio::test]
async fn loads_of_two_releases_that_overlap_are_both_stored() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    let (of_old, of_new) = (old.begin().await, new.begin().await);
    assert_eq!(old.fill(of_old, Some("old"), FillKind::AfterMiss).await, Filled::Stored);
    assert_eq!(new.fill(of_new, Some("new"), FillKind::AfterMiss).await, Filled::Stored);
    assert_eq!((old.read().await, new.read().await), (Some("old".into()), Some("new".into())));
}

#[tokio::test]
async fn of_two_loads_of_one_release_that_overlap_the_first_to_end_is_stored() {
    let server = Server::start().await;
    let [old, _] = Release::both(&server).await;
    let (first, second) = (old.begin().await, old.begin().await);
    assert_eq!(old.fill(second, Some("second"), FillKind::AfterMiss).await, Filled::Stored);
    assert_eq!(old.fill(first, Some("first"), FillKind::AfterMiss).await, Filled::Fenced);
    assert_eq!(old.read().await, Some("second".into()));
}

#[tokio::test]
async fn an_invalidation_ends_the_values_of_both_and_what_is_loading() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    server.tell(&["DEL", &old.value_key()]).await;
    let late = old.begin().await;
    new.invalidate().await;
    assert_eq!((old.read().await, new.read().await), (None, None));
    assert_eq!(old.fill(late, Some("late"), FillKind::AfterMiss).await, Filled::Fenced);
    old.store("again").await;
    assert_eq!(
        (old.read().await, new.read().await),
        (Some("again".into()), None),
        "no old value returns"
    );
}

#[tokio::test]
async fn a_value_of_before_an_invalidation_is_not_found_by_the_next_load() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.invalidate().await;
    // Without a read, which would have seen that nothing may be read.
    drop(old.begin().await);
    new.store("new").await;
    drop(old.begin().await);
    assert_eq!(old.read().await, None);
}

#[tokio::test]
async fn a_refresh_keeps_the_old_value_until_its_own_is_there() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    let refresh = old.supersede().await;
    assert_eq!((old.read().await, new.read().await), (Some("old".into()), Some("new".into())));
    assert_eq!(old.fill(refresh, Some("fresh"), FillKind::Replacing).await, Filled::Stored);
    assert_eq!((old.read().await, new.read().await), (Some("fresh".into()), None));
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_old_values() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    drop(old.supersede().await);
    assert_eq!((old.read().await, new.read().await), (Some("old".into()), Some("new".into())));
    new.put("put").await;
    assert_eq!((old.read().await, new.read().await), (None, Some("put".into())));
}

#[tokio::test]
async fn a_put_drops_the_fills_of_all_loads_that_began_before_it_landed() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    let before = old.begin().await;
    let put = new.supersede().await;
    let during = old.begin().await;
    assert_eq!(old.fill(before, Some("before"), FillKind::AfterMiss).await, Filled::Fenced);
    assert_eq!(new.fill(put, Some("put"), FillKind::Replacing).await, Filled::Stored);
    assert_eq!(old.fill(during, Some("during"), FillKind::AfterMiss).await, Filled::Fenced);
    assert_eq!((old.read().await, new.read().await), (None, Some("put".into())));
}

#[tokio::test]
async fn of_two_puts_that_overlap_the_one_that_began_last_is_stored() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    let first = new.supersede().await;
    let second = old.supersede().await;
    assert_eq!(new.fill(first, Some("first"), FillKind::Replacing).await, Filled::Fenced);
    assert_eq!(old.fill(second, Some("second"), FillKind::Replacing).await, Filled::Stored);
    assert_eq!((old.read().await, new.read().await), (Some("second".into()), None));
}

#[tokio::test]
async fn a_put_that_is_invalidated_on_its_way_is_dropped() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    new.store("new").await;
    let put = new.supersede().await;
    old.invalidate().await;
    assert_eq!(new.fill(put, Some("put"), FillKind::Replacing).await, Filled::Fenced);
    assert_eq!(new.read().await, None);
}

#[tokio::test]
async fn a_replacement_that_cannot_be_stored_ends_the_values_of_both() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    let put = new.supersede().await;
    assert_eq!(new.fill(put, None, FillKind::Replacing).await, Filled::Stored);
    assert_eq!((old.read().await, new.read().await), (None, None));
}

#[tokio::test]
async fn a_load_without_a_value_to_store_leaves_the_value_of_the_other_release() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    new.store("new").await;
    let permit = old.begin().await;
    assert_eq!(old.fill(permit, None, FillKind::AfterMiss).await, Filled::Stored);
    assert_eq!(new.read().await, Some("new".into()));
}

#[tokio::test]
async fn a_token_that_was_evicted_costs_a_miss_and_nothing_old_returns() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    let late = old.supersede().await;
    server.tell(&["DEL", &old.token_key()]).await;
    assert_eq!((old.read().await, new.read().await), (None, None));
    assert_eq!(old.fill(late, Some("late"), FillKind::Replacing).await, Filled::Fenced);
    new.store("again").await;
    assert_eq!((old.read().await, new.read().await), (None, Some("again".into())));
}

#[tokio::test]
async fn a_token_lives_as_long_as_all_values_that_were_filled_under_it() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    let pttl = async |key: String| server.ask::<i64>(&["PTTL", &key]).await;
    let day = Some(24 * HOUR);
    let permit = old.begin().await;
    old.fill_for(permit, Some("old"), FillKind::AfterMiss, day).await;
    // Neither a shorter life nor a further load makes its life shorter.
    new.store("new").await;
    let refresh = new.supersede().await;
    assert!(pttl(old.token_key()).await >= pttl(old.value_key()).await);

    new.fill_for(refresh, Some("put"), FillKind::Replacing, Some(HOUR)).await;
    let [token, value] = [pttl(new.token_key()).await, pttl(new.value_key()).await];
    assert!(token >= value && token <= 3_600_000, "{token} {value}");

    let permit = old.begin().await;
    old.fill_for(permit, Some("for ever"), FillKind::AfterMiss, None).await;
    server.tell(&["DEL", &new.value_key()]).await;
    new.store("for an hour").await;
    drop(new.supersede().await);
    assert_eq!(pttl(new.token_key()).await, -1);
    assert_eq!(old.read().await, Some("for ever".into()));
}

#[tokio::test]
async fn a_lease_of_before_an_invalidation_holds_up_nobody() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    let other = Release::start(&server, "0000000000000001").await;
    let lease = Release::granted(old.ask(OtherLoads::AwaitLease).await);
    assert!(matches!(other.ask(OtherLoads::AwaitLease).await, LoadReply::Busy(_)));
    drop(Release::granted(new.ask(OtherLoads::AwaitLease).await));
    new.invalidate().await;
    let next = Release::granted(other.ask(OtherLoads::AwaitLease).await);
    // The first one ends no lease but its own.
    assert_eq!(old.fill(lease, Some("late"), FillKind::AfterMiss).await, Filled::Fenced);
    assert!(matches!(old.ask(OtherLoads::AwaitLease).await, LoadReply::Busy(_)));
    assert_eq!(other.fill(next, Some("next"), FillKind::AfterMiss).await, Filled::Stored);
    assert_eq!(old.read().await, Some("next".into()));
}

#[tokio::test]
async fn an_invalidation_by_another_release_wakes_those_who_wait_for_a_load() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    let other = Release::start(&server, "0000000000000001").await;
    let pushes = async || other.tier.receives_invalidations().then_some(());
    eventually("pushes arrive", LONG, pushes).await;
    // On a busy machine a push may come later than that. Then it is tried again.
    eventually("it is woken sooner than it asks again by itself", LONG, async || {
        let _lease = Release::granted(old.ask(OtherLoads::AwaitLease).await);
        let LoadReply::Busy(again) = other.ask(OtherLoads::AwaitLease).await else {
            panic!("another node loads")
        };
        new.invalidate().await;
        tokio::time::timeout(Duration::from_millis(800), again).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_clear_ends_the_values_of_both() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    let late = old.supersede().await;
    new.end_all(Ending::Invalid).await;
    assert_eq!((old.read().await, new.read().await), (None, None));
    new.store("again").await;
    assert_eq!(old.fill(late, Some("late"), FillKind::Replacing).await, Filled::Fenced);
    assert_eq!((old.read().await, new.read().await), (None, Some("again".into())));
}

#[tokio::test]
async fn a_replayed_invalidation_ends_the_values_of_both() {
    let server = Server::start().await;
    let [old, new] = Release::both(&server).await;
    old.store("old").await;
    new.store("new").await;
    server.freeze();
    let keys = std::slice::from_ref(&new.key);
    assert!(new.tier.invalidate(keys, Ending::Invalid, BUDGET).await.is_err());
    server.thaw();
    let done = async || (queued(&new.tier) == 0).then_some(());
    eventually("the queue is done", LONG, done).await;
    assert_eq!((old.read().await, new.read().await), (None, None));
}

#[tokio::test]
async fn each_master_of_a_cluster_keeps_the_token_beside_the_values() {
    let cluster = Cluster::start(3, 0).await;
    let identity = keys(1)[0].place.identity;
    let [old, new] = [connect(&cluster.url()).await, connect(&cluster.url()).await];
    for key in keys(20) {
        let of = |fingerprint: &str| {
            let place = Place { name: "a", identity, fingerprint: fingerprint.parse().unwrap() };
            RemoteKey { place: Arc::new(place), digest: key.digest }
        };
        let place = |tier: &Tier, fingerprint| Release {
            tier: Tier(Arc::clone(&tier.0)),
            key: of(fingerprint),
        };
        let [old, new] = [place(&old, "0000000000000001"), place(&new, "0000000000000002")];
        old.store("old").await;
        new.store("new").await;
        assert_eq!((old.read().await, new.read().await), (Some("old".into()), Some("new".into())));
        old.invalidate().await;
        assert_eq!((old.read().await, new.read().await), (None, None));
    }
}
