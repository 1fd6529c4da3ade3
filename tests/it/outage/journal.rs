//! With a journal, a queue outlives its process: what was promised is what other nodes see.

use std::{fs, path::Path};

use cachery::{Backend, Caches, Invalidation, health::Status};
use cachery_test_support::{Direction::Requests, Log, eventually};
use tempfile::TempDir;

use super::{
    functions::number,
    place::{BUDGET, PATIENCE, Place, becomes, returns, stored},
    shutdown::{A_MOMENT, LONG},
};

/// Returns a node with the journal at `path`.
async fn node(place: &Place, path: &Path) -> Caches {
    let path = path.to_str().expect("it is UTF-8");
    place.node_with(Backend::Tiered, |builder| builder.remote_deadline(BUDGET).journal(path)).await
}

/// Stores a value, takes the server away and invalidates the value on the node that is returned.
async fn queued(place: &Place, path: &Path, take_away: impl FnOnce(&Place)) -> Caches {
    let node = node(place, path).await;
    stored(place, &node).await;
    take_away(place);
    assert_eq!(returns(node.scope(number::invalidate(1))).await, Invalidation::Queued);
    node
}

/// Waits until a node of its own finds nothing stored, though nobody calls the others.
async fn is_invalidated(place: &Place) {
    let direct = place.direct_node().await;
    eventually("the value is invalid", PATIENCE, async || {
        direct.scope(number::peek(1)).await.is_none().then_some(())
    })
    .await;
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("the directory for files is writable")
}

#[tokio::test]
async fn a_queue_survives_a_restart() {
    let take_away: [fn(&Place); 2] =
        [|place| place.proxy.refuse(), |place| place.proxy.stall(Requests)];
    for take_away in take_away {
        let (place, home) = (Place::start().await, directory());
        let path = home.path().join("journal");
        let node_before = queued(&place, &path, take_away).await;
        let shutdown = returns(node_before.shutdown(A_MOMENT)).await;
        assert_eq!((shutdown.done, shutdown.kept, shutdown.lost), (0, 1, 0));
        drop(node_before);
        assert_eq!(place.direct_node().await.scope(number::peek(1)).await, Some(1));
        place.proxy.cut();
        place.proxy.pass();
        let node = node(&place, &path).await;
        assert_eq!(node.scope(number::peek(1)).await, None, "it is done before the first read");
        is_invalidated(&place).await;
        becomes(&node, "its health is good", |health| health.status == Status::Up).await;
        eventually("what is done is not kept", PATIENCE, async || {
            fs::read(&path).expect("it is there").is_empty().then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_queued_clear_survives_a_process_that_ends_without_a_shutdown() {
    let (place, home) = (Place::start().await, directory());
    let path = home.path().join("journal");
    let node_before = queued(&place, &path, |place| place.proxy.refuse()).await;
    node_before.sync_scope(number::cache).clear().await;
    // A copy is what a process finds after `kill -9`, whatever the other does to the file yet.
    let copy = home.path().join("copy");
    fs::copy(&path, &copy).expect("it is there");
    drop(node_before);
    let idle = node(&place, &copy).await;
    place.proxy.pass();
    is_invalidated(&place).await;
    drop(idle);
}

#[tokio::test]
async fn with_a_server_that_is_well_a_journal_stays_empty() {
    let (place, home) = (Place::start().await, directory());
    let path = home.path().join("journal");
    let node = queued_in_vain(&place, &path).await;
    let shutdown = returns(node.shutdown(LONG)).await;
    assert_eq!((shutdown.kept, shutdown.lost), (0, 0));
    assert_eq!(fs::read(&path).expect("it is there"), b"");
}

async fn queued_in_vain(place: &Place, path: &Path) -> Caches {
    let path = path.to_str().expect("it is UTF-8");
    let node = place
        .node_with(Backend::Tiered, |builder| builder.remote_deadline(LONG).journal(path))
        .await;
    stored(place, &node).await;
    assert_eq!(node.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    node
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_is_told_once_and_promises_nothing() {
    let (place, home) = (Place::start().await, directory());
    let log = Log::default();
    let guard = log.of_thread();
    let node =
        queued(&place, &home.path().join("absent/journal"), |place| place.proxy.refuse()).await;
    for id in 2..5 {
        node.scope(number::invalidate(id)).await;
    }
    let shutdown = returns(node.shutdown(A_MOMENT)).await;
    drop(guard);
    assert_eq!((shutdown.kept, shutdown.lost), (0, 4));
    assert_eq!(log.count("the journal cannot be used"), 1, "{}", log.text());
}

#[tokio::test]
async fn a_journal_that_can_be_written_again_keeps_the_whole_queue() {
    let (place, home) = (Place::start().await, directory());
    let path = home.path().join("absent/journal");
    let node = queued(&place, &path, |place| place.proxy.refuse()).await;
    fs::create_dir(home.path().join("absent")).expect("the directory is writable");
    eventually("the journal is complete", PATIENCE, async || {
        (returns(node.shutdown(A_MOMENT)).await.kept == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_journal_of_another_process_is_taken_over_when_that_ends() {
    let (place, home) = (Place::start().await, directory());
    let path = home.path().join("journal");
    let before = queued(&place, &path, |place| place.proxy.refuse()).await;
    let log = Log::default();
    let guard = log.of_thread();
    let after = node(&place, &path).await;
    drop(guard);
    assert!(log.text().contains("another process uses it"), "{}", log.text());
    assert_eq!(returns(before.shutdown(A_MOMENT)).await.kept, 1, "it is still the other's");
    drop(before);
    place.proxy.pass();
    is_invalidated(&place).await;
    drop(after);
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_left_out() {
    let (place, home) = (Place::start().await, directory());
    let path = home.path().join("journal");
    for text in ["cachery journal 1\nkey a\ncache a b c\nkey \u{fffd}", "something else\n", "\n"] {
        fs::write(&path, text).expect("the directory is writable");
        let node = node(&place, &path).await;
        assert_eq!(node.health().await.servers[0].queued, 0, "{text}");
    }
}
