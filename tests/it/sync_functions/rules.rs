//! The rules of the attributes, each as for an async function.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use cachery::{Caches, Invalidation, cache_put, cached, caches, invalidate};

/// Counts its loads.
#[derive(Default)]
struct Db(AtomicU64);

impl Db {
    fn load(&self) -> u64 {
        self.0.fetch_add(1, Relaxed) + 1
    }
}

caches! {
    static USERS: Cache<u64, String> = { name: "sync-users", ttl: "1h" };
}

#[cached(name = "sync-normalize", ttl = "1h", skip(db))]
fn normalize(text: &str, db: &Db) -> String {
    format!("{} {}", text.to_lowercase(), db.load())
}

#[cached(name = "sync-parse", ttl = "1h", skip(db))]
fn parse(text: &str, db: &Db) -> Result<u64, String> {
    db.load();
    text.parse().map_err(|error: std::num::ParseIntError| error.to_string())
}

#[cached(cache = USERS, skip(db))]
fn user(id: u64, db: &Db) -> String {
    format!("{id} {}", db.load())
}

#[cached(cache = USERS, skip(db))]
async fn user_later(id: u64, db: &Db) -> String {
    format!("{id} {} later", db.load())
}

#[cached(name = "sync-local", ttl = "1h", local)]
fn words(text: &str, mut by: usize) -> Arc<[String]> {
    by += 1;
    text.split(' ').step_by(by).map(str::to_owned).collect()
}

#[cached(name = "sync-generic", ttl = "1h")]
fn shown<T: cachery::CacheKey + std::fmt::Debug, const N: usize>(value: &[T; N]) -> Vec<String> {
    value.iter().map(|one| format!("{one:?}")).collect()
}

struct Repo {
    tenant: u64,
    db: Db,
}

impl Repo {
    #[cached(name = "sync-order", ttl = "1h", key(self.tenant, id))]
    fn order(&self, id: u64) -> Option<u64> {
        self.db.load();
        (id > 0).then_some(self.tenant * id)
    }

    #[invalidate(self.order(id))]
    fn cancel(&self, id: u64, fail: bool) -> Result<(), String> {
        if fail { Err(id.to_string()) } else { Ok(()) }
    }
}

#[cache_put(user(id, _))]
fn rename(id: u64, name: &str) -> String {
    format!("{id} {name}")
}

#[invalidate(all(USERS), before)]
fn import() -> Option<u64> {
    None
}

#[test]
fn a_miss_is_followed_by_hits() {
    Caches::isolated().sync_scope(|| {
        let db = Db::default();
        assert_eq!((normalize("A", &db), normalize("A", &db)), ("a 1".into(), "a 1".into()));
        assert_eq!(normalize("B", &db), "b 2");
        let stats = normalize::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads), (1, 2, 2));
    });
}

#[test]
fn companions_are_called_without_await() {
    Caches::isolated().sync_scope(|| {
        let db = Db::default();
        assert_eq!(normalize::peek("A"), None);
        normalize::put("A", "put".to_owned());
        assert_eq!((normalize("A", &db), normalize::peek("A")), ("put".into(), Some("put".into())));
        assert_eq!(normalize::refresh("A", &db), "a 1");
        assert_eq!(normalize::peek("A"), Some("a 1".into()));
        assert_eq!(normalize::invalidate("A"), Invalidation::Local);
        assert_eq!((normalize::peek("A"), db.0.load(Relaxed)), (None, 1));
    });
}

#[test]
fn ok_is_stored_and_err_is_not() {
    Caches::isolated().sync_scope(|| {
        let db = Db::default();
        assert_eq!((parse("7", &db), parse("7", &db)), (Ok(7), Ok(7)));
        assert!(parse("x", &db).is_err() && parse("x", &db).is_err());
        assert_eq!((db.0.load(Relaxed), parse::peek("7")), (3, Some(7)));
        assert!(parse::refresh("x", &db).is_err());
    });
}

#[test]
fn methods_and_generic_functions_are_cached() {
    Caches::isolated().sync_scope(|| {
        let repo = Repo { tenant: 3, db: Db::default() };
        assert_eq!((repo.order(2), repo.order(2), repo.order(0)), (Some(6), Some(6), None));
        assert_eq!((repo.order_peek(2), repo.db.0.load(Relaxed)), (Some(Some(6)), 2));
        assert_eq!(repo.cancel(2, true), Err("2".into()));
        assert_eq!(repo.order_peek(2), Some(Some(6)), "a failure invalidates nothing");
        assert_eq!(repo.cancel(2, false), Ok(()));
        assert_eq!((repo.order_peek(2), repo.order_refresh(2)), (None, Some(6)));
        assert_eq!(shown(&[1_u8, 2]), ["1", "2"]);
        assert_eq!(shown(&[1_u16, 2]), ["1", "2"]);
        assert_eq!(shown::cache().stats().misses, 2);
        assert_eq!(*words("a b c", 1), ["a".to_owned(), "c".to_owned()]);
    });
}

#[tokio::test]
async fn a_declared_cache_serves_sync_and_async_functions() {
    Caches::isolated()
        .scope(async {
            let db = Db::default();
            assert_eq!(user(1, &db), "1 1");
            assert_eq!(user_later(1, &db).await, "1 1");
            assert_eq!(user_later(2, &db).await, "2 2 later");
            assert_eq!(user(2, &db), "2 2 later");
            assert_eq!(rename(2, "Ada"), "2 Ada");
            assert_eq!((user(2, &db), USERS.get(&2).await), ("2 Ada".into(), Some("2 Ada".into())));
            assert_eq!(import(), None);
            assert_eq!((user::peek(1), user::peek(2)), (None, None));
        })
        .await;
}

#[test]
fn while_the_cache_is_off_the_function_runs_each_time() {
    Caches::isolated().sync_scope(|| {
        let db = Db::default();
        normalize::cache().set_enabled(false);
        assert_eq!((normalize("A", &db), normalize("A", &db)), ("a 1".into(), "a 2".into()));
        assert_eq!((normalize::refresh("A", &db), normalize::peek("A")), ("a 3".into(), None));
        normalize::put("A", "put".to_owned());
        assert_eq!(normalize::peek("A"), None);
    });
}

#[test]
fn a_value_ends_with_its_ttl() {
    let caches = Caches::isolated();
    caches.clock().stop();
    caches.sync_scope(|| {
        let db = Db::default();
        normalize("A", &db);
        caches.clock().advance(std::time::Duration::from_secs(3600));
        assert_eq!(normalize("A", &db), "a 2");
    });
}
