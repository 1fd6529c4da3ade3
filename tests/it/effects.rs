//! `#[invalidate]` and `#[cache_put]`: the time at which they act, and the entries on which they
//! do.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cachery::{CacheKey, Caches, cache_put, cached, invalidate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, CacheKey)]
struct UserId(String);

fn id(text: &str) -> UserId {
    UserId(text.to_owned())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Profile {
    name: String,
}

/// Counts its loads.
#[derive(Default)]
struct Db(AtomicU64);

impl Db {
    fn load(&self) -> u64 {
        self.0.fetch_add(1, Relaxed) + 1
    }
}

struct User {
    id: UserId,
    name: String,
}

fn user(text: &str) -> User {
    User { id: id(text), name: text.to_owned() }
}

#[cached(name = "effects-profile", ttl = 3600, skip(db))]
async fn profile(db: &Db, id: UserId) -> Profile {
    Profile { name: format!("{} {}", id.0, db.load()) }
}

#[cached(name = "effects-by-name", ttl = 3600, skip(db))]
async fn by_name(name: &str, db: &Db, exact: bool) -> u64 {
    _ = (name, exact);
    db.load()
}

#[cached(name = "effects-doubled", ttl = 3600, key(number as u16, text.len()))]
async fn doubled(number: u64, text: String) -> u64 {
    _ = text;
    number * 2
}

#[invalidate(profile(_, user.id), by_name(user.name, _, true))]
async fn rename(user: &User, fail: bool) -> Result<(), String> {
    if fail { Err(user.name.clone()) } else { Ok(()) }
}

#[invalidate(before, profile(_, user.id))]
async fn rename_before(user: &User, fail: bool) -> Result<(), String> {
    if fail {
        return Err(user.name.clone());
    }
    Ok(())
}

#[invalidate(profile(_, user.id))]
async fn delete(user: User) -> usize {
    let User { name, .. } = user;
    name.len()
}

#[invalidate(all(profile, by_name))]
async fn import() {}

#[invalidate(doubled(number, text))]
async fn forget(number: u64, text: String) -> Option<()> {
    Some(())
}

#[cache_put(profile(_, id(&result.name)))]
async fn register(name: &str) -> Result<Profile, String> {
    Some(Profile { name: name.to_owned() })
        .filter(|_| !name.is_empty())
        .ok_or_else(|| "no name".into())
}

#[cache_put(profile(_, user.id))]
async fn save(user: &User) -> Profile {
    Profile { name: user.name.clone() }
}

#[cached(name = "effects-pair", ttl = 3600)]
async fn pair<A: CacheKey + Sync, B: CacheKey + Sync>(a: &A, b: &B) -> u64 {
    _ = (a, b);
    1
}

#[invalidate(pair::<u8, u16>(&7, &8), crate = ::cachery)]
async fn part() {}

/// Runs a test with caches of its own.
async fn alone<F: Future>(test: F) -> F::Output {
    Caches::isolated().scope(test).await
}

#[tokio::test]
async fn success_invalidates_every_target_and_an_error_none() {
    alone(async {
        let (db, ada) = (Db::default(), user("ada"));
        profile(&db, id("ada")).await;
        by_name("ada", &db, true).await;
        by_name("ada", &db, false).await;
        assert!(rename(&ada, true).await.is_err());
        assert!(profile::peek(id("ada")).await.is_some());
        assert!(by_name::peek("ada", true).await.is_some());
        rename(&ada, false).await.unwrap();
        assert!(profile::peek(id("ada")).await.is_none());
        assert!(by_name::peek("ada", true).await.is_none());
        assert!(by_name::peek("ada", false).await.is_some(), "another key");
    })
    .await;
}

#[tokio::test]
async fn with_before_targets_are_invalidated_whatever_the_body_does() {
    alone(async {
        let (db, ada) = (Db::default(), user("ada"));
        profile(&db, id("ada")).await;
        assert!(rename_before(&ada, true).await.is_err());
        assert!(profile::peek(id("ada")).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn the_body_may_consume_what_the_key_was_made_of() {
    alone(async {
        let db = Db::default();
        profile(&db, id("ada")).await;
        assert_eq!(delete(user("ada")).await, 3);
        assert!(profile::peek(id("ada")).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn all_clears_whole_caches() {
    alone(async {
        let db = Db::default();
        profile(&db, id("ada")).await;
        profile(&db, id("bob")).await;
        by_name("ada", &db, true).await;
        import().await;
        assert!(profile::peek(id("ada")).await.is_none());
        assert!(profile::peek(id("bob")).await.is_none());
        assert!(by_name::peek("ada", true).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_key_of_expressions_is_made_of_references_too() {
    alone(async {
        doubled(7, "abc".into()).await;
        forget(7 + (1 << 16), "xyz".into()).await;
        assert!(
            doubled::peek(7, "abc".into()).await.is_none(),
            "the same key: 7 and a length of 3"
        );
    })
    .await;
}

#[tokio::test]
async fn a_target_may_say_what_it_is_generic_over() {
    alone(async {
        pair(&7_u8, &8_u16).await;
        pair(&7_u16, &8_u8).await;
        part().await;
        assert_eq!(pair::peek(&7_u8, &8_u16).await, None);
        assert_eq!(pair::peek(&7_u16, &8_u8).await, Some(1), "of other types");
    })
    .await;
}

#[tokio::test]
async fn what_is_returned_is_put_under_a_key_from_it_or_from_the_arguments() {
    alone(async {
        assert!(register("").await.is_err());
        register("ada").await.unwrap();
        assert_eq!(profile::peek(id("ada")).await, Some(Profile { name: "ada".into() }));
        save(&user("bob")).await;
        assert_eq!(profile::peek(id("bob")).await, Some(Profile { name: "bob".into() }));
    })
    .await;
}
