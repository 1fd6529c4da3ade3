//! The rules of tags over the result: known when a load is over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use cachery::{Backend, Invalidation, cached, caches, invalidate};
use cachery_test_support::{Probe, ended, eventually, spawn, until};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::place::Place;

const RETRY_AFTER: Duration = Duration::from_secs(12);

caches! {
    /// The author whose name is in an entry.
    pub(crate) static AUTHOR: Tag<u64> = { name: "contract-author" };
    /// The shelf of a post, and its place there.
    static SHELF: Tag<(String, u8)> = { name: "contract-shelf" };
    /// A tag over a parameter beside them.
    static READER: Tag<u64> = { name: "contract-reader" };
    static SHELVES: Cache<u64, Post> = { name: "contract-shelves", ttl: 3600 };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) author: u64,
    shelf: String,
    pub(crate) run: usize,
}

/// Posts whose author is the tens of their number.
async fn written(number: u64, probe: &Arc<Probe>) -> Post {
    let run = probe.run().await;
    Post { author: number / 10, shelf: format!("s{number}"), run }
}

#[cached(name = "contract-post", ttl = 3600, skip(probe), tags(AUTHOR(result.author)))]
pub(crate) async fn post(number: u64, probe: &Arc<Probe>) -> Post {
    written(number, probe).await
}

/// Has tags of both kinds.
#[cached(
    name = "contract-read-post",
    ttl = 3600,
    skip(probe),
    tags(READER(reader), AUTHOR(result.author), SHELF(result.shelf, 7))
)]
async fn read_post(reader: u64, number: u64, probe: &Arc<Probe>) -> Result<Post, String> {
    Ok(written(number, probe).await)
}

/// A `None` has no author.
#[cached(name = "contract-found-post", ttl = 3600, skip(probe), tags(AUTHOR(result.author)))]
async fn found(number: u64, probe: &Arc<Probe>) -> Result<Option<Post>, u8> {
    let post = written(number, probe).await;
    Ok((number != 9).then_some(post))
}

/// The value itself is that of the tag.
#[cached(name = "contract-author-of", ttl = 3600, skip(probe), tags(AUTHOR(result)))]
async fn author_of(number: u64, probe: &Arc<Probe>) -> u64 {
    written(number, probe).await.author
}

/// In a declared cache, and in a task of its own.
#[cached(cache = SHELVES, detach, skip(probe), tags(AUTHOR(result.author)))]
async fn shelved(number: u64, probe: Arc<Probe>) -> Post {
    written(number, &probe).await
}

/// By a thread.
#[cached(name = "contract-printed-post", ttl = 3600, tags(AUTHOR(result.author)))]
fn printed(number: u64) -> Post {
    Post { author: number / 10, shelf: String::new(), run: 0 }
}

/// For each of a list.
#[cached(name = "contract-listed-posts", ttl = 3600, batch = numbers, tags(AUTHOR(result.author)))]
async fn listed(numbers: &[u64]) -> HashMap<u64, Post> {
    numbers.iter().map(|number| (*number, printed(*number))).collect()
}

/// Stale at once after its ttl, and renewed by a task.
#[cached(
    name = "contract-stale-post",
    ttl = 60,
    stale = 3600,
    detach,
    skip(probe),
    tags(AUTHOR(result.author))
)]
async fn stale(number: u64, probe: Arc<Probe>) -> Post {
    written(number, &probe).await
}

/// Serves its last value when a load fails.
#[cached(
    name = "contract-kept-post",
    ttl = 60,
    stale_if_error = 3600,
    skip(probe, fails),
    tags(AUTHOR(result.author))
)]
async fn kept(number: u64, fails: bool, probe: &Arc<Probe>) -> Result<Post, String> {
    if fails { Err("down".to_owned()) } else { Ok(written(number, probe).await) }
}

#[invalidate(AUTHOR(author))]
async fn rename(author: u64, works: bool) -> Result<(), u8> {
    if works { Ok(()) } else { Err(1) }
}

fn reach(place: &Place) -> Invalidation {
    match place.backend {
        Backend::Memory => Invalidation::Local,
        _ => Invalidation::Everywhere,
    }
}

/// Begins a call, whose load then waits for [`Probe::let_out`].
async fn begin(probe: &Arc<Probe>) -> JoinHandle<Post> {
    let (before, own) = (probe.runs(), Arc::clone(probe));
    let call = spawn(async move { post(11, &own).await });
    until(|| probe.runs() > before).await;
    call
}

pub(crate) async fn stored() -> Option<usize> {
    post::peek(11).await.map(|post| post.run)
}

pub(crate) async fn a_tag_ends_all_whose_result_has_it_and_no_others(place: Place) {
    let probe = Probe::opened();
    let call_all = async || {
        for number in [11, 12, 21] {
            post(number, &probe).await;
            read_post(1, number, &probe).await.unwrap();
            found(number, &probe).await.unwrap();
            author_of(number, &probe).await;
            shelved(number, Arc::clone(&probe)).await;
            printed(number);
        }
        listed(&[11, 12, 21]).await;
    };
    let peek = async |number: u64| {
        let found = [
            post::peek(number).await.is_some(),
            read_post::peek(1, number).await.is_some(),
            found::peek(number).await.is_some(),
            author_of::peek(number).await.is_some(),
            shelved::peek(number).await.is_some(),
            SHELVES.get(&number).await.is_some(),
            printed::peek(number).is_some(),
            listed::peek(number).await.is_some(),
        ];
        assert_eq!(found, [found[0]; 8], "{number}");
        found[0]
    };
    let node = place.node().await;
    node.scope(async {
        call_all().await;
        let runs = probe.runs();
        call_all().await;
        assert_eq!(probe.runs(), runs, "all are hits");
        assert_eq!(AUTHOR.invalidate(&3).await, reach(&place));
        assert!(peek(11).await && peek(12).await && peek(21).await);
        assert_eq!(AUTHOR.invalidate(&1).await, reach(&place));
        assert!(!peek(11).await && !peek(12).await && peek(21).await);
        call_all().await;
        assert!(peek(11).await && peek(12).await && peek(21).await);
        rename(2, false).await.unwrap_err();
        assert!(peek(21).await);
        rename(2, true).await.unwrap();
        assert!(peek(11).await && !peek(21).await);
    })
    .await;
}

pub(crate) async fn a_result_with_several_tags_ends_with_each_of_them(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        let stored = async || {
            read_post(1, 11, &probe).await.unwrap();
            read_post::peek(1, 11).await.is_some()
        };
        assert!(stored().await);
        SHELF.invalidate(&("s12".to_owned(), 7)).await;
        SHELF.invalidate(&("s11".to_owned(), 8)).await;
        READER.invalidate(&11).await;
        assert!(read_post::peek(1, 11).await.is_some());
        SHELF.invalidate(&("s11".to_owned(), 7)).await;
        assert_eq!(read_post::peek(1, 11).await, None);
        assert!(stored().await);
        READER.invalidate(&1).await;
        assert_eq!(read_post::peek(1, 11).await, None);
        assert!(stored().await);
        AUTHOR.invalidate(&1).await;
        assert_eq!(read_post::peek(1, 11).await, None);
    })
    .await;
}

pub(crate) async fn a_none_has_no_tag_of_the_result(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        assert_eq!(found(9, &probe).await, Ok(None));
        AUTHOR.invalidate(&0).await;
        assert_eq!(found::peek(9).await, Some(None));
    })
    .await;
}

pub(crate) async fn what_is_invalidated_by_its_result_while_it_loads_is_not_stored(place: Place) {
    let probe = Probe::closed();
    let node = place.node().await;
    node.scope(async {
        let before = begin(&probe).await;
        AUTHOR.invalidate(&1).await;
        let after = begin(&probe).await;
        probe.let_out(1);
        assert_eq!(ended(before).await.unwrap().run, 1);
        assert_eq!(stored().await, None);
        probe.let_out(1);
        assert_eq!(ended(after).await.unwrap().run, 2, "who came later has not joined");
        assert_eq!(stored().await, Some(2));
        // Until it returns, nobody can tell whose post it is.
        AUTHOR.invalidate(&1).await;
        let unknown = begin(&probe).await;
        AUTHOR.invalidate(&7).await;
        probe.let_out(1);
        ended(unknown).await.unwrap();
        assert_eq!(stored().await, None);
        let other_tag = begin(&probe).await;
        READER.invalidate(&1).await;
        probe.let_out(1);
        ended(other_tag).await.unwrap();
        assert_eq!(stored().await, Some(4));
    })
    .await;
}

pub(crate) async fn a_refresh_and_a_put_have_the_tags_of_their_value(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        let by_hand = |author| Post { author, shelf: String::new(), run: 100 };
        post::put(11, by_hand(5)).await;
        AUTHOR.invalidate(&1).await;
        assert_eq!(stored().await, Some(100));
        AUTHOR.invalidate(&5).await;
        assert_eq!(stored().await, None);
        post::put(11, by_hand(5)).await;
        assert_eq!(post::refresh(11, &probe).await.author, 1);
        AUTHOR.invalidate(&5).await;
        assert_eq!(stored().await, Some(1), "it has another author now");
        let closed = Probe::closed();
        let own = Arc::clone(&closed);
        let refresh = spawn(async move { post::refresh(11, &own).await });
        until(|| closed.runs() == 1).await;
        AUTHOR.invalidate(&1).await;
        closed.open();
        ended(refresh).await.unwrap();
        assert_eq!(stored().await, None);
        listed::put_many([(&11, Some(by_hand(5))), (&12, Some(by_hand(6))), (&13, None)]).await;
        AUTHOR.invalidate(&6).await;
        let found = listed::peek_many(&[11, 12, 13]).await;
        assert_eq!(found, [Some(Some(by_hand(5))), None, Some(None)]);
    })
    .await;
}

pub(crate) async fn what_expires_by_its_result_is_loaded_and_serves_when_that_fails(place: Place) {
    let probe = Probe::opened();
    let node = place.node().await;
    node.scope(async {
        let load = async |fails| kept(11, fails, &probe).await.map(|post| post.run);
        assert_eq!(load(false).await, Ok(1));
        AUTHOR.expire(&2).await;
        assert_eq!(load(false).await, Ok(1));
        AUTHOR.expire(&1).await;
        assert_eq!(load(true).await, Ok(1), "it serves: its load failed");
        node.clock().advance(RETRY_AFTER);
        // A connection may replay the expiry.
        assert!(load(false).await >= Ok(2));
        AUTHOR.expire(&1).await;
        AUTHOR.invalidate(&1).await;
        assert_eq!(load(true).await, Err("down".to_owned()), "it was invalidated");
    })
    .await;
}

pub(crate) async fn a_renewal_by_a_task_is_fenced_by_the_tags_of_its_value(place: Place) {
    let probe = Probe::opened();
    let closed = Probe::closed();
    let node = place.node().await;
    node.scope(async {
        assert_eq!(stale(11, Arc::clone(&probe)).await.run, 1);
        node.clock().advance(Duration::from_secs(61));
        assert_eq!(stale(11, Arc::clone(&closed)).await.run, 1, "it is stale");
        until(|| closed.runs() == 1).await;
        AUTHOR.invalidate(&1).await;
        closed.open();
        until(|| closed.running() == 0).await;
        // The renewal has nothing to store: each look finds what is stored by whoever comes now.
        assert_eq!(stale::peek(11).await, None);
        assert_eq!(stale(11, Arc::clone(&probe)).await.run, 2);
        assert_eq!(stale::peek(11).await.map(|post| post.run), Some(2));
        // A renewal that nothing comes between is stored.
        node.clock().advance(Duration::from_secs(61));
        assert_eq!(stale(11, Arc::clone(&probe)).await.run, 2);
        eventually("it is renewed", Duration::from_secs(10), async || {
            stale::peek(11).await.filter(|post| post.run == 3)
        })
        .await;
    })
    .await;
}
