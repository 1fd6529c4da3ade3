//! The promised public interface, each line as a user writes it.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use cachery::{
    CacheKey, Caches, Invalidation, Invalidations, OverBudget, Tier, WrongLength, cached, caches,
    expire, invalidate,
};
use serde::{Deserialize, Serialize};

static RUNS: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sentiment {
    label: String,
    score: f64,
}

#[derive(Debug)]
struct ApiError;

#[derive(Debug)]
struct DbError;

#[derive(CacheKey, Clone, Copy)]
struct UserId(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
}

struct Db;

struct User {
    id: UserId,
}

struct Repo {
    tenant: u64,
}

#[cached(name = "sentiment", ttl = 3600)]
async fn analyze(tenant: u64, text: &str) -> Result<Sentiment, ApiError> {
    RUNS.fetch_add(1, SeqCst);
    if text.is_empty() { Err(ApiError) } else { Ok(sentiment(&format!("{text} for {tenant}"))) }
}

#[cached(name = "profile", ttl = "10m", skip(db), version = 2, capacity = 50_000)]
async fn profile(db: &Db, id: UserId) -> Option<Profile> {
    let Db = db;
    (id.0 > 0).then(|| Profile { name: id.0.to_string() })
}

#[invalidate(profile(_, user.id))]
async fn rename(db: &Db, user: &User, to: &str) -> Result<(), DbError> {
    let Db = db;
    if to.is_empty() || user.id.0 == 0 { Err(DbError) } else { Ok(()) }
}

impl Repo {
    #[cached(name = "order", ttl = "5m", key(self.tenant, id))]
    async fn order(&self, id: u64) -> Result<Order, DbError> {
        if id == 0 { Err(DbError) } else { Ok(Order { id: self.tenant + id }) }
    }

    #[expire(self.order(id))]
    async fn ship(&self, id: u64) -> Result<(), DbError> {
        if id == 0 { Err(DbError) } else { Ok(()) }
    }

    #[invalidate(self.order(id))]
    async fn cancel(&self, id: u64) -> Result<(), DbError> {
        if id == 0 { Err(DbError) } else { Ok(()) }
    }
}

cachery::caches! {
    /// Users by id.
    pub static USERS: Cache<UserId, Profile> = { name: "users", ttl: "10m" };
}

#[cached(cache = USERS, skip(db))]
async fn user(db: &Db, id: UserId) -> Result<Profile, DbError> {
    profile(db, id).await.ok_or(DbError)
}

#[cached(ttl = "1h")]
fn normalize(text: &str) -> String {
    text.to_lowercase()
}

const HOUR: Duration = Duration::from_secs(3600);

#[cached(ttl = HOUR)]
async fn length(text: &str) -> usize {
    text.len()
}

fn sentiment(label: &str) -> Sentiment {
    Sentiment { label: label.to_owned(), score: 0.5 }
}

#[tokio::test]
async fn a_function_is_used_through_its_companions() {
    let told = Caches::isolated().scope(async {
        assert_eq!(analyze(7, "great").await.expect("it can").label, "great for 7");
        assert_eq!(analyze::peek(7, "great").await, Some(sentiment("great for 7")));
        analyze::refresh(7, "great").await.expect("it can");
        assert_eq!(RUNS.load(SeqCst), 2);
        analyze::put(7, "great", sentiment("put")).await;
        assert_eq!(analyze(7, "great").await.expect("it can").label, "put");
        assert_eq!(analyze::cache().name(), "sentiment");
        assert_eq!(analyze::cache().policy().ttl.map(|ttl| ttl.as_secs()), Some(3600));
        assert_eq!(analyze::cache().stats().hits, 1);
        let told = analyze::invalidate(7, "great").await;
        assert_eq!(analyze::peek(7, "great").await, None);
        analyze::cache().clear().await;
        told
    });
    assert!(matches!(told.await, Invalidation::Local));
}

#[tokio::test]
async fn skipped_parameters_methods_and_targets() {
    let (db, id, repo) = (Db, UserId(3), Repo { tenant: 10 });
    let in_scope = Caches::isolated().scope(async {
        profile(&db, id).await;
        assert!(profile::peek(id).await.is_some());
        profile::invalidate(id).await;
        profile::refresh(&db, id).await;
        rename(&db, &User { id }, "Ada").await.expect("it can");
        assert_eq!(profile::peek(id).await, None);
        repo.order(1).await.expect("it is there");
        assert_eq!(repo.order_peek(1).await, Some(Order { id: 11 }));
        repo.order_invalidate(1).await;
        repo.order(1).await.expect("it is there");
        repo.order_expire(1).await;
        assert_eq!(repo.order_peek(1).await, None);
        repo.order(1).await.expect("it is there");
        repo.ship(1).await.expect("it can");
        assert_eq!(repo.order_peek(1).await, None);
        repo.order(1).await.expect("it is there");
        repo.cancel(1).await.expect("it can");
        assert_eq!(repo.order_peek(1).await, None);
    });
    in_scope.await;
}

#[tokio::test]
async fn a_declared_cache_is_used_with_and_without_a_function() {
    let (id, ada) = (UserId(4), Profile { name: "Ada".to_owned() });
    let in_scope = Caches::isolated().scope(async {
        user(&Db, id).await.expect("it is there");
        assert_eq!(USERS.get(&id).await, Some(Profile { name: "4".to_owned() }));
        USERS.put(&id, ada.clone()).await;
        assert_eq!(user(&Db, id).await.expect("it is there"), ada);
        USERS.expire(&id).await;
        assert_eq!(USERS.get(&id).await, None);
        USERS.expire_all().await;
        USERS.invalidate(&id).await;
        assert_eq!(USERS.get_or_load(&id, || async { ada.clone() }).await, ada);
    });
    in_scope.await;
}

#[test]
fn a_function_that_is_not_async_has_companions_that_are_not() {
    let caches = Caches::isolated();
    caches.sync_scope(|| {
        assert_eq!(normalize("GREAT"), "great");
        assert_eq!(normalize::peek("GREAT").as_deref(), Some("great"));
        assert!(matches!(normalize::expire("GREAT"), Invalidation::Local));
        assert_eq!(normalize::peek("GREAT"), None);
        assert!(matches!(normalize::invalidate("GREAT"), Invalidation::Local));
        assert_eq!(normalize::peek("GREAT"), None);
    });
}

#[tokio::test]
async fn a_ttl_is_a_constant_and_a_registry_is_shut_down() {
    let caches = Caches::isolated();
    caches.scope(async { assert_eq!(length("great").await, 5) }).await;
    assert_eq!(caches.scope(async { length::cache().policy().ttl }).await, Some(HOUR));
    let shutdown = caches.shutdown(Duration::from_secs(1)).await;
    assert_eq!((shutdown.done, shutdown.lost), (0, 0));
}

#[tokio::test]
async fn a_registry_is_built_installed_asked_and_carried_into_tasks()
-> Result<(), Box<dyn std::error::Error>> {
    let caches = Caches::from_env().await?;
    caches.install()?;
    assert_eq!(
        Caches::current().get("sentiment").expect("it is declared here").name(),
        "sentiment"
    );
    assert!(serde_json::to_string(&Caches::current().report())?.contains("sentiment"));
    let task = tokio::spawn(Caches::current().scope(async { profile(&Db, UserId(5)).await }));
    assert!(task.await?.is_some());
    Ok(())
}

caches! {
    static TENANT: Tag<u64> = { name: "face-tenant" };
}

#[cached(name = "face-report", ttl = "1h", cost = 0.03, tags(TENANT(tenant)))]
async fn report(tenant: u64, day: u32) -> String {
    format!("{tenant} on day {day}")
}

#[invalidate(TENANT(tenant))]
async fn import(tenant: u64) -> Result<(), DbError> {
    if tenant == 0 { Err(DbError) } else { Ok(()) }
}

#[tokio::test]
async fn a_call_is_described_an_invalidation_is_a_value_and_tags_end_entries() {
    let in_scope = Caches::isolated().scope(async {
        let served = report::served(7, 0).await;
        assert_eq!((served.tier, served.stale, served.coalesced), (Tier::Load, false, false));
        let served = report::served(7, 0).await;
        assert_eq!((&*served.value, served.tier), ("7 on day 0", Tier::Memory));
        let mut invalidations = Invalidations::new();
        invalidations.add(report::target(7, 0));
        assert!(report::peek(7, 0).await.is_some(), "nothing is applied yet");
        assert_eq!(invalidations.apply().await, Invalidation::Local);
        assert_eq!(report::peek(7, 0).await, None);
        for day in 0..2 {
            report(7, day).await;
        }
        report(8, 0).await;
        TENANT.expire(&7).await;
        assert_eq!(report::peek(7, 0).await, None);
        report(7, 0).await;
        Invalidations::from_iter([report::target(7, 0).expiring()]).apply().await;
        assert_eq!(report::peek(7, 0).await, None);
        for day in 0..2 {
            report(7, day).await;
        }
        import(0).await.unwrap_err();
        assert!(report::peek(7, 0).await.is_some(), "it failed");
        import(7).await.expect("it succeeds");
        assert_eq!((report::peek(7, 0).await, report::peek(7, 1).await), (None, None));
        assert_eq!(TENANT.invalidate(&8).await, Invalidation::Local);
        assert_eq!(report::peek(8, 0).await, None);
        assert_eq!(report::cache().stats().money.spent, 210_000_000);
    });
    in_scope.await;
}

impl From<WrongLength> for ApiError {
    fn from(_: WrongLength) -> Self {
        Self
    }
}

impl From<OverBudget> for ApiError {
    fn from(_: OverBudget) -> Self {
        Self
    }
}

#[cached(ttl = "24h", batch = texts, cost = 0.0001, budget = "0.0003/day")]
async fn embed(model: &str, texts: &[String]) -> Result<Vec<usize>, ApiError> {
    Ok(texts.iter().map(|text| model.len() + text.len()).collect())
}

#[tokio::test]
async fn each_text_of_a_list_has_an_entry_and_loads_have_a_budget() {
    let caches = Caches::isolated();
    // The budget would be a new one after midnight.
    caches.clock().stop();
    let in_scope = caches.scope(async {
        let [list, longer, other] = [&["a", "bb"][..], &["bb", "ccc", "a"], &["dddd", "a"]]
            .map(|texts| texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(embed("m", &list).await.expect("it can"), [2, 3]);
        assert_eq!(embed("m", &longer).await.expect("it can"), [3, 4, 2]);
        assert_eq!(embed::cache().stats().money.spent, 300_000, "three texts were loaded");
        embed("m", &other).await.expect_err("the budget is spent");
        assert_eq!(embed("m", &longer).await.expect("hits cost nothing"), [3, 4, 2]);
        assert_eq!(embed::peek("m", "bb").await, Some(3));
        assert_eq!(embed::peek_many("m", ["ccc", "dddd"]).await, [Some(4), None]);
        embed::put("m", "dddd", 9).await;
        embed::invalidate("m", "a").await;
        assert_eq!(embed::peek_many("m", ["dddd", "a"]).await, [Some(9), None]);
    });
    in_scope.await;
}
