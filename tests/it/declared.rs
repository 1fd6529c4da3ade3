//! Declared caches: all functions that name one share its entries, and its types are checked.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cachery::{CacheKey, Caches, Invalidation, cached, caches, invalidate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, CacheKey)]
struct UserId(u64);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct User(String);

mod stores {
    use super::{User, UserId};

    cachery::caches! {
        /// Users by id.
        pub(crate) static USERS: Cache<UserId, User> = { name: "declared-users", ttl: "10m" };
        pub(crate) static NAMES: Cache<(u64, String), u64> = { name: "declared-names", ttl: 60, capacity: 10 };
    }
}
use stores::{NAMES, USERS};

caches! {
    static WORDS: Cache<String, usize> = { name: "declared-words", ttl: "forever", local };
}

#[derive(Default)]
struct Db {
    loads: AtomicU64,
    fails: bool,
}

impl Db {
    fn user(&self, id: UserId) -> Result<User, String> {
        let load = self.loads.fetch_add(1, Relaxed) + 1;
        if self.fails { Err("no".into()) } else { Ok(User(format!("{} {load}", id.0))) }
    }
}

#[cached(cache = USERS, skip(db))]
async fn user(db: &Db, id: UserId) -> Result<User, String> {
    db.user(id)
}

#[cached(cache = stores::USERS, skip(db))]
async fn user_or_nobody(id: UserId, db: &Db) -> User {
    db.user(id).unwrap_or_else(|_| User("nobody".into()))
}

#[cached(cache = NAMES, key(tenant, name))]
async fn named(tenant: u64, name: &str) -> u64 {
    tenant + u64::try_from(name.len()).unwrap_or_default()
}

struct Repo {
    tenant: u64,
    db: Db,
}

impl Repo {
    #[cached(cache = NAMES, key(self.tenant, name))]
    async fn find(&self, name: String) -> u64 {
        self.db.loads.fetch_add(1, Relaxed);
        u64::try_from(name.len()).unwrap_or_default()
    }

    #[cached(name = "declared-order", ttl = 60, key(self.tenant, id))]
    async fn order(&self, id: u64) -> u64 {
        id
    }

    #[cached(name = "declared-rate", ttl = 60, skip(self))]
    async fn rate(&self, id: u64) -> u64 {
        id
    }

    #[invalidate(self.order(id), self.rate(id), NAMES(self.tenant, name), Self::rate(_, id + 1))]
    async fn cancel(&self, id: u64, name: &str) -> Result<u64, String> {
        Ok(self.tenant)
    }
}

#[invalidate(Repo::order(repo, *id), USERS(UserId(*id)))]
async fn cancel_of(repo: &Repo, id: &u64) {}

#[invalidate(all(USERS, Repo::order))]
async fn reset() {}

async fn alone<F: Future>(test: F) -> F::Output {
    Caches::isolated().scope(test).await
}

#[tokio::test]
async fn functions_and_the_handle_share_entries() {
    alone(async {
        let db = Db::default();
        let first = user(&db, UserId(1)).await.unwrap();
        assert_eq!(user_or_nobody(UserId(1), &db).await, first);
        assert_eq!(USERS.get(&UserId(1)).await, Some(first));
        assert_eq!(user::peek(UserId(1)).await, USERS.get(&UserId(1)).await);
        USERS.put(&UserId(2), User("two".into())).await;
        assert_eq!(user(&db, UserId(2)).await.unwrap(), User("two".into()));
        assert_eq!(db.loads.load(Relaxed), 1);
        assert_eq!(USERS.stats().loads, 1);
        assert_eq!(user::cache().name(), "declared-users");
    })
    .await;
}

#[tokio::test]
async fn get_or_load_loads_once_and_stores_no_error() {
    alone(async {
        let failing = Db { fails: true, ..Db::default() };
        assert!(USERS.get_or_load(&UserId(1), async || failing.user(UserId(1))).await.is_err());
        let db = Db::default();
        let load = async || db.user(UserId(1));
        assert_eq!(USERS.get_or_load(&UserId(1), load).await, Ok(User("1 1".into())));
        assert_eq!(USERS.get_or_load(&UserId(1), load).await, Ok(User("1 1".into())));
        let plain = USERS.get_or_load(&UserId(3), async || User("three".into())).await;
        assert_eq!(plain, User("three".into()));
    })
    .await;
}

#[tokio::test]
async fn a_get_counts_and_contains_does_not() {
    alone(async {
        assert_eq!(WORDS.get("a").await, None);
        WORDS.put("a", 1).await;
        assert!(WORDS.contains("a").await);
        assert_eq!(WORDS.get("a").await, Some(1));
        let stats = WORDS.stats();
        assert_eq!((stats.hits, stats.misses), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn many_keys_are_invalidated_at_once() {
    alone(async {
        for word in ["a", "b", "c"] {
            WORDS.put(word, 1).await;
        }
        assert_eq!(WORDS.invalidate_many(["a", "b"]).await, Invalidation::Local);
        assert!(
            !WORDS.contains("a").await && !WORDS.contains("b").await && WORDS.contains("c").await
        );
        assert_eq!(WORDS.invalidate_many::<str>([]).await, Invalidation::Local);
        WORDS.clear().await;
        assert!(!WORDS.contains("c").await);
    })
    .await;
}

#[tokio::test]
async fn the_key_of_a_tuple_has_as_many_parts() {
    alone(async {
        let repo = Repo { tenant: 7, db: Db::default() };
        assert_eq!(named(7, "abc").await, 10);
        assert_eq!(repo.find("abc".into()).await, 10, "the same entry");
        assert_eq!(NAMES.get(&(7, "abc".to_owned())).await, Some(10));
        assert_eq!(repo.db.loads.load(Relaxed), 0);
    })
    .await;
}

#[tokio::test]
async fn methods_and_declared_caches_are_targets() {
    alone(async {
        let repo = Repo { tenant: 7, db: Db::default() };
        repo.order(1).await;
        repo.rate(1).await;
        repo.rate(2).await;
        named(7, "abc").await;
        repo.cancel(1, "abc").await.unwrap();
        assert_eq!(repo.order_peek(1).await, None);
        assert_eq!(Repo::rate_peek(1).await, None);
        assert_eq!(Repo::rate_peek(2).await, None);
        assert_eq!(named::peek(7, "abc").await, None);

        repo.order(1).await;
        repo.order(2).await;
        USERS.put(&UserId(1), User("one".into())).await;
        USERS.put(&UserId(2), User("two".into())).await;
        cancel_of(&repo, &1).await;
        assert_eq!((repo.order_peek(1).await, repo.order_peek(2).await), (None, Some(2)));
        assert_eq!(USERS.get(&UserId(1)).await, None);
        reset().await;
        assert_eq!(repo.order_peek(2).await, None);
        assert_eq!(USERS.get(&UserId(2)).await, None);
    })
    .await;
}

#[test]
fn a_declaration_has_its_policy_and_is_in_the_report() {
    let caches = Caches::isolated();
    caches.sync_scope(|| {
        assert_eq!(NAMES.policy().capacity, 10);
        assert_eq!(USERS.policy().ttl.map(|ttl| ttl.as_secs()), Some(600));
        assert!(Caches::current().names().contains(&"declared-words"));
        let report = Caches::current().report();
        let users = report.caches.iter().find(|cache| cache.name == "declared-users").unwrap();
        assert!(users.sites[0].function.ends_with("stores::USERS"));
    });
}
