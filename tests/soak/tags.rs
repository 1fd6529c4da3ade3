//! An invalidation of a tag sends the same commands whatever there is: one entry, or many tags over
//! many entries. It has five thousand entries, unless `make soak` sets a million; a hundred of them
//! have one value of a tag.

use std::{env, time::Duration};

use cachery::{Backend, Caches, Invalidation, cached, caches, config::CacheSettings};
use cachery_test_support::Server;

const CALLERS: u64 = 64;
/// The entries with one value of a tag.
const OF_ONE: u64 = 100;
/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);

fn entries() -> u64 {
    env::var("CACHERY_ENTRIES").map_or(5_000, |number| number.parse().expect("a number"))
}

caches! {
    static TENANT: Tag<u64> = { name: "many-tags-tenant" };
    static AUTHOR: Tag<u64> = { name: "many-tags-author" };
}

#[cached(name = "many-tags", ttl = 3600, tags(TENANT(number / OF_ONE), AUTHOR(result)))]
async fn author(number: u64) -> u64 {
    number / OF_ONE
}

/// Returns the numbers of commands that the server has run for clients.
async fn commands(server: &Server) -> Vec<u64> {
    let mut commands = Vec::new();
    for command in ["evalsha", "eval", "mget", "get", "set", "del", "pexpire", "pttl", "keys"] {
        commands.push(server.calls(command).await);
    }
    commands
}

/// Invalidates one value of each tag, and returns the commands of that.
async fn sent(server: &Server, value: u64) -> Vec<u64> {
    let before = commands(server).await;
    assert_eq!(TENANT.invalidate(&value).await, Invalidation::Everywhere);
    assert_eq!(AUTHOR.invalidate(&value).await, Invalidation::Everywhere);
    let after = commands(server).await;
    after.into_iter().zip(before).map(|(after, before)| after - before).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalidation_of_one_of_many_tags_sends_what_one_of_a_single_entry_sends() {
    let entries = entries();
    let server = Server::start().await;
    let settings = CacheSettings::new().backend(Backend::Tiered).capacity(2 * entries);
    let builder = Caches::builder().isolated().redis_url(server.url()).all(settings);
    let caches = builder.remote_deadline(PATIENCE).build().await.expect("the server is there");
    let scoped = async {
        // The first use of a script may be two round trips.
        author(0).await;
        sent(&server, 0).await;
        author(0).await;
        let one = sent(&server, 0).await;
        let share = entries / CALLERS;
        let callers = (0..CALLERS).map(|caller| {
            let fill = async move {
                for number in caller * share..(caller + 1) * share {
                    author(number).await;
                }
            };
            tokio::spawn(Caches::current().scope(fill))
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.expect("no caller panics");
        }
        // Of memory nothing is asked: a machine that is busy for a second has it emptied, because its
        // node may have missed an invalidation.
        let keys: u64 = server.ask(&["DBSIZE"]).await;
        assert!(keys >= 2 * share * CALLERS, "a value and its token for each of {entries}: {keys}");
        let many = sent(&server, 7).await;
        assert_eq!(one, many);
        for number in 7 * OF_ONE..8 * OF_ONE {
            assert_eq!(author::peek(number).await, None);
        }
        assert_eq!(author::peek(7 * OF_ONE - 1).await, Some(6));
        assert_eq!(author::peek(8 * OF_ONE).await, Some(8));
    };
    caches.scope(scoped).await;
}
