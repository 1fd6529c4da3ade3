//! The attribute macros of [Cachery](https://docs.rs/cachery). Use them through the facade, which
//! re-exports them.
//!
//! An attribute goes through phases, each a module: arguments are read, the function is taken
//! apart, `validate` checks the rules, `model` makes every decision, `expand` writes the tokens.
//! `shared` has what several attributes use.

mod cached;
mod declare;
mod derive;
mod effect;
mod shared;

use proc_macro::TokenStream;

use self::effect::Effect;

/// Caches the values that a function returns, async or not, by its arguments.
///
/// ```
/// use cachery::cached;
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Sentiment {
///     score: f64,
/// }
///
/// #[cached(name = "sentiment", ttl = 3600)]
/// async fn analyze(tenant: u64, text: &str) -> Result<Sentiment, std::io::Error> {
///     Ok(Sentiment { score: text.len() as f64 }) // slow
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), std::io::Error> {
/// analyze(7, "great").await?; // a miss: runs the function
/// analyze(7, "great").await?; // a hit
/// analyze(8, "great").await?; // a miss: another tenant
/// # Ok(())
/// # }
/// ```
///
#[doc = include_str!("../docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    cached::cached(args.into(), item.into()).into()
}

/// Invalidates entries once the function has succeeded.
///
/// ```
/// use cachery::{cached, invalidate};
///
/// # #[derive(Clone, serde::Serialize, serde::Deserialize)] struct Profile { name: String }
/// # struct Db;
/// # impl Db {
/// #     async fn load(&self, id: u64) -> Profile { Profile { name: id.to_string() } }
/// #     async fn rename(&self, _: u64, _: &str) -> Result<(), String> { Ok(()) }
/// # }
/// struct User { id: u64 }
///
/// #[cached(ttl = "10m", skip(db))]
/// async fn profile(db: &Db, id: u64) -> Profile {
///     db.load(id).await
/// }
///
/// #[invalidate(profile(_, user.id))]
/// async fn rename(db: &Db, user: &User, to: &str) -> Result<(), String> {
///     db.rename(user.id, to).await
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let user = User { id: 7 };
/// profile(&Db, 7).await;
/// rename(&Db, &user, "Ada").await.unwrap();
/// assert!(profile::peek(7).await.is_none());
/// # }
/// ```
///
#[doc = include_str!("../docs/invalidate.md")]
#[proc_macro_attribute]
pub fn invalidate(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(Effect::Invalidate, args.into(), item.into()).into()
}

/// Lets cached values expire when the function has succeeded: the next call loads, and the old value
/// is returned only when that load fails or takes longer than `soft_timeout`.
///
/// ```
/// use cachery::{cached, expire};
///
/// #[cached(ttl = "1h")]
/// async fn stock(article: u64) -> Result<u32, String> {
///     Ok(10)
/// }
///
/// #[expire(stock(article))]
/// async fn sell(article: u64) -> Result<(), String> {
///     Ok(())
/// }
/// # #[tokio::main]
/// # async fn main() {
/// stock(7).await.unwrap();
/// sell(7).await.unwrap();
/// assert!(stock::peek(7).await.is_none());
/// # }
/// ```
///
/// Targets, `all(..)` and `before` are those of [`invalidate`](macro@invalidate).
#[proc_macro_attribute]
pub fn expire(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(Effect::Expire, args.into(), item.into()).into()
}

/// Stores the value that the function returns in the cache of another function, once it has
/// succeeded.
///
/// ```
/// use cachery::{cache_put, cached};
///
/// # #[derive(Clone, serde::Serialize, serde::Deserialize)] struct User { id: u64, name: String }
/// #[cached(ttl = "10m")]
/// async fn user(id: u64) -> Result<User, String> {
/// #   let user = Err(format!("no user {id}"));
///     // slow
///     user
/// }
///
/// #[cache_put(user(result.id))]
/// async fn register(name: String) -> Result<User, String> {
///     Ok(User { id: 7, name })
/// }
/// # #[tokio::main]
/// # async fn main() {
/// register("Ada".into()).await.unwrap();
/// assert_eq!(user(7).await.unwrap().name, "Ada"); // a hit
/// # }
/// ```
///
/// Targets are those of [`invalidate`](macro@invalidate), except for `all(..)`. The entry gets a
/// clone of the returned value, for a `Result` of the value in `Ok`. Several targets are stored one
/// after the other.
#[proc_macro_attribute]
pub fn cache_put(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(Effect::Put, args.into(), item.into()).into()
}

/// Declares caches with their types, for several functions and for use without a function.
///
/// ```
/// use cachery::{CacheKey, cached, caches};
///
/// #[derive(CacheKey, Clone, Copy)]
/// struct UserId(u64);
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)] struct User { name: String }
/// # struct Db;
/// # impl Db { async fn user(&self, id: UserId) -> Result<User, String> { Ok(User { name: id.0.to_string() }) } }
///
/// caches! {
///     /// Users by id.
///     pub static USERS: Cache<UserId, User> = { name: "users", ttl: "10m" };
/// }
///
/// #[cached(cache = USERS, skip(db))]
/// async fn user(db: &Db, id: UserId) -> Result<User, String> {
///     db.user(id).await
/// }
/// # #[tokio::main]
/// # async fn main() {
/// let ada = user(&Db, UserId(7)).await.unwrap();
/// assert_eq!(USERS.get(&UserId(7)).await, Some(ada));
/// USERS.invalidate(&UserId(7)).await;
/// assert!(!USERS.contains(&UserId(7)).await);
/// # }
/// ```
///
#[doc = include_str!("../docs/caches.md")]
#[proc_macro]
pub fn caches(declarations: TokenStream) -> TokenStream {
    declare::caches(declarations.into()).into()
}

/// Implements `CacheKey` field by field, so that a type can be part of a key.
///
/// ```
/// use cachery::{CacheKey, cached};
///
/// #[derive(CacheKey)]
/// struct Query {
///     city: String,
///     days: u8,
///     #[cache_key(skip)]
///     trace_id: String,
/// }
///
/// #[derive(CacheKey)]
/// enum Unit {
///     Celsius,
///     Other(String),
/// }
///
/// #[cached(ttl = "1h")]
/// async fn forecast(query: &Query, unit: Unit) -> Vec<i8> {
/// #   _ = (&query.city, &query.trace_id, unit);
///     vec![20; query.days.into()] // slow
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # _ = Unit::Other(String::new());
/// let query = |trace: &str| Query { city: "Rome".into(), days: 3, trace_id: trace.into() };
/// forecast(&query("a"), Unit::Celsius).await;
/// assert!(forecast::peek(&query("b"), Unit::Celsius).await.is_some());
/// # }
/// ```
///
/// A struct with named fields writes their names too: a release that reorders them does not read
/// values that the other release stored. A variant writes its name. A type parameter needs
/// `CacheKey` where a field's type names it.
///
/// # Options
///
/// | option | where | meaning |
/// |---|---|---|
/// | `#[cache_key(skip)]` | a field | Leaves the field out of the key: it does not tell one value from another. |
/// | `#[cache_key(crate = path)]` | the type | The path of Cachery, `::cachery` by default. |
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn cache_key(item: TokenStream) -> TokenStream {
    derive::cache_key(item.into()).into()
}
