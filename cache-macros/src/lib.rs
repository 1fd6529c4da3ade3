//! The attribute macros of [Cachery](https://docs.rs/cachery): use them through the facade, which re-exports them.
//!
//! An attribute goes through phases that are modules: `args` reads what is written, `signature` takes the function
//! apart, `validate` checks the rules, `model` settles every decision, `expand` writes the tokens.

mod cached;
mod declare;
mod derive;
mod effect;
mod shared;

use proc_macro::TokenStream;

/// Caches what an `async fn` answers, by its arguments.
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
/// analyze(7, "great").await?; // runs
/// analyze(7, "great").await?; // does not
/// analyze(8, "great").await?; // runs
/// # Ok(())
/// # }
/// ```
///
/// Of a `Result`, `Ok` is kept and `Err` is not; any other answer is kept as it is, `None` too. While a function
/// runs, other callers with the same arguments wait for its answer.
///
/// # Waiting, failing, expiring
///
/// - An entry lives 95 to 100 % of the ttl, so that entries of one moment do not all expire in one; never longer.
/// - When the caller that runs the function is dropped or panics, the next that waits runs it; the panic is that caller's.
/// - An `Err` is given to all who wait when it is `Clone + Send + Sync + 'static`; else each runs the function itself.
/// - Who waits does so for at most the larger of 5 s and ten times the mean load; then at most 8 run the function for
///   themselves.
/// - An answer in the making at `invalidate`, `put` or `clear` is returned to who asked for it, and not stored.
/// - `refresh` leaves the old answer when it gets an `Err`.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `ttl = 3600` | How long an answer stays fresh: whole seconds, a duration (`"90s"`, `"1h30m"`, `"500ms"`; units `ms`, `s`, `m`, `h`, `d`, `w`) or `"forever"`. | required |
/// | `name = "orders"` | What configuration, metrics and logs call the cache: a letter, then letters, digits, `_`, `-` and `.`; at most 64. | the function's name |
/// | `capacity = 50_000` | The most entries to keep in memory, for this function alone. | 10 000 |
/// | `key(..)` | The expressions that tell one call from another, instead of all parameters. | every parameter |
/// | `skip(..)` | The parameters that do not tell one call from another. | none |
/// | `version = 2` | The version of the answers' meaning, a `u32`: change it, and answers stored by an older release are not read. | 0 |
/// | `backend = "redis"` | Where answers are kept: `"memory"`, `"redis"` (shared, one round trip a hit) or `"tiered"` (shared, with memory in front). | as configured, else `"memory"` |
/// | `local` | Answers never leave this process, whatever is configured, and need not be serialisable. | shared where configured |
/// | `crate = path` | Where Cachery is found, for a macro that re-exports it. | `::cachery` |
///
/// # Companions
///
/// Beside the function stands a type of the same name with what else can be done with its answers:
///
/// ```
/// # use cachery::cached;
/// # struct Db;
/// #[cached(ttl = "10m", skip(db))]
/// async fn profile(db: &Db, id: u64) -> Option<String> {
/// #   _ = (db, id);
///     Some("Ada".to_owned()) // slow
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// # let db = Db;
/// assert_eq!(profile::peek(1).await, None); // nothing stored yet; never runs the function
/// profile(&db, 1).await;
/// assert_eq!(profile::peek(1).await, Some(Some("Ada".to_owned())));
/// profile::refresh(&db, 1).await; // runs the function now and stores its answer
/// profile::put(1, None).await; // stores an answer without running the function
/// profile::invalidate(1).await; // makes the answer unreadable
/// profile::cache().clear().await; // the cache itself: its name, policy, statistics
/// # }
/// ```
///
/// They take the parameters that form the key, in declared order; `refresh` takes all. What `put` takes and `peek`
/// gives is the value: the `T` of a `Result<T, E>`. The type travels with the function through `use`, so no other
/// type or module in its scope can have the function's name.
///
/// # Keys
///
/// The key is made of all parameters, each of which implements `CacheKey`. `skip(db)` leaves parameters out;
/// `key(..)` lists expressions over the parameters instead, without macros, `?` and `.await`. Parameters that are
/// `&mut`, or patterns, cannot be part of it.
///
/// ```
/// # use cachery::cached;
/// # struct User { id: u64 }
/// #[cached(ttl = "10m", key(user.id, city.to_lowercase()))]
/// async fn weather(user: &User, city: &str) -> String {
/// #   _ = user.id;
///     format!("sunny in {city}") // slow
/// }
/// # #[tokio::main]
/// # async fn main() {
/// let user = User { id: 1 };
/// weather(&user, "Rome").await;
/// assert!(weather::peek(&user, "ROME").await.is_some());
/// # }
/// ```
///
/// # Methods
///
/// A method says what `self` has to do with its answers: `key(self.tenant, id)`, or `skip(self)`. Its companions are
/// methods beside it, with `self` where it is part of the key:
///
/// ```
/// # use cachery::cached;
/// struct Repo {
///     tenant: u64,
/// }
///
/// impl Repo {
///     #[cached(name = "order", ttl = "5m", key(self.tenant, id))]
///     async fn order(&self, id: u64) -> Result<String, std::io::Error> {
///         Ok(format!("{}/{id}", self.tenant)) // slow
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), std::io::Error> {
/// let repo = Repo { tenant: 7 };
/// repo.order(1).await?;
/// assert_eq!(repo.order_peek(1).await, Some("7/1".to_owned()));
/// repo.order_refresh(1).await?;
/// repo.order_put(1, "7/one".to_owned()).await;
/// repo.order_invalidate(1).await;
/// assert_eq!(Repo::order_cache().name(), "order");
/// # Ok(())
/// # }
/// ```
///
/// A function in a trait cannot have companions: cache an inherent one and call it there. In a trait's `impl` the compiler
/// says "E0407: method `order_peek` is not a member of trait"; on a default method in a trait's definition nothing is said,
/// and the companions become functions of the trait.
///
/// A function without `self` inside an `impl` is known for an associated one by naming `Self` in its signature or body. One
/// that does not gives "struct is not supported in `trait`s or `impl`s": name `Self` in it.
///
/// # Generic functions
///
/// The types and constants that a function is generic over are part of its key, and so is the type of an `impl Trait`
/// parameter. Where the companions' parameters do not tell them, they are given: `load::peek::<User>(1)`. The return
/// type may contain a type parameter but not be one: whether it is a `Result` would be unknown. The key holds a type by its
/// `type_name`: two types of one name, from two versions of a crate for instance, are one to it.
///
/// # What can be cached
///
/// Safe `async fn`s that return an owned value which is `Clone + Send + Sync + 'static` and, unless it is `local`,
/// implements serde's `Serialize` and `DeserializeOwned`. `Arc<T>` is shared and not cloned. A return type is taken for
/// a `Result` when its last word ends in `Result`, aliases included.
///
/// # Other attributes
///
/// `cfg`, `doc`, `allow`, `must_use` and `deprecated` stay with the function. Others move to its body:
/// `#[tracing::instrument]`, written below `#[cached]`, makes spans of loads and not of hits.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    cached::cached(args.into(), item.into()).into()
}

/// Makes stored answers unreadable once the function has succeeded.
///
/// ```
/// use cachery::{CacheKey, cached, invalidate};
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
/// # Targets
///
/// A target is written as a call of the cached function, with all of its parameters in their order; `_` stands for one that does not
/// form the key. The compiler checks each argument as in a call, but takes it by reference.
///
/// | target | means |
/// |---|---|
/// | `profile(_, id)`, `users::profile(_, id)` | a function's entry |
/// | `USERS(id)` | a declared cache's entry |
/// | `self.order(id)` | a method's entry |
/// | `Repo::order(repo, id)`, `Repo::order(_, id)` | the same of another value; `_` where `self` is skipped |
/// | `all(profile, self.order, USERS)` | all entries of these caches |
///
/// Arguments are expressions over the parameters: the key is encoded before the body runs, so that the body may consume them. An
/// argument that says `result` is evaluated afterwards, over a reference to what was returned, for a `Result` to what is in `Ok`.
/// Several targets are told to Redis in one round trip.
///
/// # When
///
/// After success: the function returned `Ok`, or something that is no `Result`. Not after an `Err`, a panic or a dropped call. With
/// `before` as an argument it happens before the body instead, whatever that does then: answers that are loaded while the body runs
/// stay. Together with `#[cached]` on one function it belongs to the body: a hit runs no body and makes nothing unreadable.
///
/// Should Redis be out of reach, the invalidation is queued as `f::invalidate(..)` does it, and the function returns as usual.
#[proc_macro_attribute]
pub fn invalidate(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(effect::Effect::Invalidate, args.into(), item.into()).into()
}

/// Stores what the function returns as the answer of a cached function, once it has succeeded.
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
/// assert_eq!(user(7).await.unwrap().name, "Ada");
/// # }
/// ```
///
/// Targets are those of [`invalidate`](macro@invalidate), `all(..)` apart; what is stored is a clone of the returned value, for a
/// `Result` of what is in `Ok`. Several are stored one after the other.
#[proc_macro_attribute]
pub fn cache_put(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(effect::Effect::Put, args.into(), item.into()).into()
}

/// Declares caches once, with their types, for several functions and for use without a function.
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
/// #[cached(cache = USERS, key(id))]
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
/// Each is a `static` of type [`Cache<K, V>`](https://docs.rs/cachery), to be used wherever it can be named, other crates included.
/// Its identity is its name, so that two declarations of one name are an error at start-up. A function cached in it
/// gives a `V` or a `Result` of it, and its key is a `K`, made of one part; or, when `K` is a tuple, of as many as that has, in order.
/// The compiler checks both.
///
/// The fields are those of [`cached`](macro@cached), and may be written `ttl: 3600` or `ttl = 3600`: `name` and `ttl`, which every
/// declaration has, `capacity`, `version`, `backend`, `local` and `crate`.
#[proc_macro]
pub fn caches(declarations: TokenStream) -> TokenStream {
    declare::caches(declarations.into()).into()
}

/// Makes a type part of a key: implements `CacheKey` field by field.
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
/// A struct with named fields writes their names too, so that a release that reorders them does not read the other's
/// answers as its own; a variant writes its name. Type parameters need `CacheKey` where a field's type names them.
///
/// # Options
///
/// | option | where | meaning |
/// |---|---|---|
/// | `#[cache_key(skip)]` | a field | It does not tell one value from another. |
/// | `#[cache_key(crate = path)]` | the type | Where Cachery is found; `::cachery` unless told. |
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn cache_key(item: TokenStream) -> TokenStream {
    derive::cache_key(item.into()).into()
}
