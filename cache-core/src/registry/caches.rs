//! The public type of a registry.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::{
    current,
    handle::CacheHandle,
    health,
    identities::Identities,
    open, reload, remote,
    report::Report,
    state::Registry,
    tags::{self, TagHandle},
};
use crate::{
    cache::{Cache, Glance, Unanswered},
    clock::Clock,
    config::{CachesBuilder, EffectiveConfig, Reload},
    ending::Ending,
    entry::Entry,
    error::Error,
    flight,
    health::Health,
    invalidation::Invalidation,
    key::Key,
    observe::Pace,
    remote::{QueuedInvalidations, Shutdown},
    site::{self, Site},
    tag::{self, Named},
};

/// All caches of a program. Clones are the same registry.
///
/// Most programs never name it: the first call of a cached function builds one from the
/// environment. A program that wants wrong settings to stop it at the start builds the registry
/// there and installs it:
///
/// ```
/// use cachery::Caches;
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let caches = Caches::from_env().await?;
/// caches.install()?;
/// # Ok(()) }
/// ```
///
/// A test has a registry of its own, with a clock that it can move:
///
/// ```
/// use cachery::Caches;
///
/// # async fn test() {
/// let caches = Caches::isolated();
/// caches
///     .scope(async {
///         // Calls in here share nothing with other tests.
///     })
///     .await;
/// # }
/// ```
#[derive(Clone)]
pub struct Caches(Arc<Registry>);

impl Caches {
    /// Returns a builder, for a registry that is not, or not only, configured by the environment.
    ///
    /// ```
    /// use cachery::{Caches, config::CacheSettings};
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let caches = Caches::builder().all(CacheSettings::new().capacity(50_000)).build().await?;
    /// caches.install()?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> CachesBuilder {
        CachesBuilder::default()
    }

    /// Builds the registry that the environment and the configuration file describe, checks every
    /// call site of the program, and connects if a cache needs Redis.
    ///
    /// ```
    /// # async fn start() -> Result<(), cachery::Error> {
    /// let caches = cachery::Caches::from_env().await?;
    /// println!("{}", caches.config());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Names every wrong value, every misspelt name and every two call sites that collide, all at
    /// once.
    pub async fn from_env() -> Result<Self, Error> {
        Self::builder().build().await
    }

    /// Checks everything that [`from_env`](Self::from_env) checks, without connecting: every
    /// variable, every file and every call site of the program. A test that calls it keeps wrong
    /// settings out of production:
    ///
    /// ```
    /// for profile in ["local", "production"] {
    ///     let variables = [("REDIS_URL", "redis://localhost")];
    ///     cachery::Caches::builder().variables(variables).profile(profile).check().unwrap();
    /// }
    /// ```
    ///
    /// # Errors
    /// Names all that is wrong, at once.
    pub fn check() -> Result<(), Error> {
        Self::builder().check()
    }

    /// Returns a registry for one test: its entries, statistics and clock are its own, and nothing
    /// of the environment is read.
    ///
    /// Only what runs in its [`scope`](Self::scope) uses it; a task that is spawned there does when
    /// it is wrapped by `Caches::current().scope(..)`. Expiry keeps its jitter: see
    /// [`CacheSettings::jitter`](crate::config::CacheSettings::jitter) for exact lifetimes.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let caches = cachery::Caches::isolated();
    /// let before = caches.clock().now();
    /// caches.clock().advance(Duration::from_secs(3600));
    /// assert!(caches.clock().now().since(before) >= Duration::from_secs(3600));
    /// ```
    pub fn isolated() -> Self {
        Self(open::isolated())
    }

    /// Returns the registry that calls made here would use: the scope's, else the installed one,
    /// which is built from the environment if there is none yet.
    ///
    /// ```
    /// # use cachery::Caches;
    /// for name in Caches::current().names() {
    ///     println!("{name}");
    /// }
    /// ```
    pub fn current() -> Self {
        Self(current::current())
    }

    /// Makes this the registry of the process: every call outside a [`scope`](Self::scope) uses it
    /// from now on.
    ///
    /// ```
    /// # use cachery::Caches;
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// Caches::from_env().await?.install()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Fails when there is one already, installed or built by an earlier call. The error holds this
    /// one.
    pub fn install(self) -> Result<(), InstallError> {
        current::install(self.0).map_err(|registry| InstallError(Self(registry)))
    }

    /// Runs `future` with this registry as the current one, across its awaits. Tasks that it spawns
    /// are on their own: wrap them by `Caches::current().scope(..)`.
    ///
    /// A scope that is made inside a load is part of that load, whichever task polls it: a call of
    /// the load's own key runs the function, because waiting would never end. A task that is
    /// spawned without a scope and awaited by the load waits for that load instead, for two minutes
    /// or ten times the mean load time, where that is more.
    ///
    /// ```
    /// # use cachery::Caches;
    /// # async fn example() {
    /// # async fn work() {}
    /// tokio::spawn(Caches::current().scope(work()));
    /// # }
    /// ```
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        current::scope(Arc::clone(&self.0), future)
    }

    /// Runs `act` with this registry as the current one, as [`scope`](Self::scope) does for a
    /// future.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let caches = Caches::isolated();
    /// let names = caches.sync_scope(|| Caches::current().names());
    /// assert_eq!(names, caches.names());
    /// ```
    pub fn sync_scope<T>(&self, act: impl FnOnce() -> T) -> T {
        current::sync_scope(Arc::clone(&self.0), act)
    }

    /// Returns the clock of this registry.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use std::time::Duration;
    ///
    /// let caches = Caches::isolated();
    /// caches.clock().stop();
    /// caches.clock().advance(Duration::from_secs(60));
    /// ```
    pub fn clock(&self) -> Clock {
        self.0.clock.clone()
    }

    /// Returns the cache called `name`, or `None` if no call site of the program has that name.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let caches = Caches::current();
    /// assert!(caches.get("a name that no cache has").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<CacheHandle> {
        CacheHandle::named(Arc::clone(&self.0), name)
    }

    /// Returns the tag called `name`, or `None` if the program declares none of that name.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let caches = Caches::current();
    /// assert!(caches.tag("a name that no tag has").is_none());
    /// ```
    pub fn tag(&self, name: &str) -> Option<TagHandle> {
        TagHandle::named(Arc::clone(&self.0), name)
    }

    /// Returns the names of all tags of this program, sorted.
    ///
    /// ```
    /// # use cachery::Caches;
    /// for name in Caches::current().tags() {
    ///     println!("{name}");
    /// }
    /// ```
    pub fn tags(&self) -> Vec<&'static str> {
        tag::by_name().keys().copied().collect()
    }

    /// Makes all entries invalid, or expire, that have one of these values of tags.
    pub(crate) async fn end_tags(&self, values: &[Named], ending: Ending) -> Invalidation {
        tags::end(&self.0, values, ending).await
    }

    /// Returns the names of all caches of this program, sorted.
    ///
    /// ```
    /// # use cachery::Caches;
    /// for name in Caches::current().names() {
    ///     println!("{name}");
    /// }
    /// ```
    pub fn names(&self) -> Vec<&'static str> {
        site::by_name().keys().copied().collect()
    }

    /// Returns the caches of this program as a shared store knows them: to be serialised, or
    /// printed with one line for each.
    ///
    /// A test that compares it with a file fails when a deploy would start cold:
    ///
    /// ```
    /// use cachery::Caches;
    /// use std::{env, fs};
    ///
    /// // In a test of another crate: `use my_service as _;`, so that its call sites are linked.
    /// fn a_deploy_starts_warm() {
    ///     let identities = Caches::isolated().identities().to_string();
    /// #   let directory = env::temp_dir();
    /// #   let file = directory.join(format!("cachery-identities-{}", std::process::id()));
    /// #   fs::write(&file, &identities).unwrap();
    /// #   /*
    ///     let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/identities.txt");
    /// #   */
    ///     if env::var_os("UPDATE_IDENTITIES").is_some() {
    ///         fs::write(&file, &identities).unwrap();
    ///     }
    ///     let deployed = fs::read_to_string(&file).unwrap();
    ///     assert_eq!(identities, deployed, "a cache starts cold; UPDATE_IDENTITIES=1 accepts that");
    /// #   fs::remove_file(file).unwrap();
    /// }
    /// # a_deploy_starts_warm();
    /// ```
    pub fn identities(&self) -> Identities {
        Identities::of_program()
    }

    /// Returns the statistics and policies of all caches, as one serialisable value.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let report = serde_json::to_string_pretty(&Caches::current().report()).unwrap();
    /// ```
    pub fn report(&self) -> Report {
        Report::of(&self.0)
    }

    /// Returns the settings in effect, each with its source: to be serialised, or printed as a
    /// table.
    ///
    /// ```
    /// # use cachery::Caches;
    /// println!("{}", Caches::current().config());
    /// ```
    pub fn config(&self) -> EffectiveConfig {
        self.0.settings.effective()
    }

    /// Returns the health of the remote tier, as one serialisable value. Asks each server; one that
    /// does not reply takes a second.
    ///
    /// ```
    /// use cachery::{Caches, health::Status};
    ///
    /// # async fn example() {
    /// let health = Caches::current().health().await;
    /// if health.status != Status::Up {
    ///     eprintln!("{}", serde_json::to_string_pretty(&health).unwrap());
    /// }
    /// # }
    /// ```
    pub async fn health(&self) -> Health {
        health::health(&self.0).await
    }

    /// Reads files and variables again and puts what changed into effect, while calls go on.
    ///
    /// Only entries that a smaller capacity cannot hold are lost. Entries keep the life that they
    /// were given: a new ttl is for values that are stored from now on, and
    /// [`clear`](CacheHandle::clear) drops the rest. The backend and the settings of Redis need a
    /// restart: their changes are named, and not made. A cache that
    /// [`set_enabled`](CacheHandle::set_enabled) has switched stays so.
    ///
    /// ```
    /// # use cachery::Caches;
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// for change in Caches::current().reload().await?.changed {
    ///     println!("{}: {} -> {}", change.field, change.before, change.after);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Fails as [`from_env`](Self::from_env) does. Nothing is changed then.
    pub async fn reload(&self) -> Result<Reload, Error> {
        reload::reload(&self.0).await
    }

    /// Finishes what this process has begun in Redis: invalidations that are queued or on their
    /// way, and leases that are to be given back. Returns as soon as all is done, and `within` that
    /// time in any case. To be called when no more calls come: last in a program, on `SIGTERM` as
    /// well.
    ///
    /// Invalidations that are not done by then are [`lost`](crate::Shutdown::lost) with the process.
    /// The outcome, one log line and the metric `cache_invalidations_lost_total` tell their number. The
    /// registry can still be used, and goes on trying.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::Caches;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # async fn serve_until_sigterm() {}
    /// serve_until_sigterm().await;
    /// let shutdown = Caches::current().shutdown(Duration::from_secs(5)).await;
    /// if shutdown.lost > 0 {
    ///     eprintln!("{} invalidations are lost", shutdown.lost);
    /// }
    /// # }
    /// ```
    pub async fn shutdown(&self, within: Duration) -> Shutdown {
        remote::shutdown(&self.0, within).await
    }

    /// Returns the invalidations that wait until Redis can be reached.
    #[doc(hidden)]
    pub fn queued(&self) -> QueuedInvalidations {
        self.0.queued()
    }

    /// Hands the counters to the `metrics` recorder now. The installed registry does so by itself
    /// twice a second; an isolated one only here.
    ///
    /// ```
    /// # use cachery::Caches;
    /// Caches::isolated().flush_metrics();
    /// ```
    pub fn flush_metrics(&self) {
        self.0.flush_metrics();
    }

    /// Runs `future` with the registry of this code, whichever task polls it.
    pub(crate) fn carried<F>(future: F) -> Pin<Box<dyn Future<Output = ()> + Send>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        current::carried(future)
    }

    /// Runs `future` with the registry of this code, as a part of the loads that this code is part
    /// of, whichever task polls it.
    pub(crate) fn carried_as_part<F>(future: F) -> Pin<Box<dyn Future<Output = ()> + Send>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        current::carried(flight::carry(future))
    }

    /// Returns the cache of `site` in the current registry.
    pub(crate) fn cache_of(site: &'static Site) -> Arc<Cache> {
        Self::with_cache_of(site, Arc::clone)
    }

    /// Returns the entry with which memory answers for `key` of `site` in the current registry, and
    /// counts a hit.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn hit(site: &'static Site, key: &Key, pace: Pace) -> Result<Entry, Unanswered> {
        let glance = match current::outside_scopes() {
            Some(registry) => registry.glance(site, key, pace),
            None => Self::glance_in_scope(site, key, pace),
        };
        glance.answer()
    }

    // Beside the code of a hit outside of scopes.
    #[inline(never)]
    fn glance_in_scope(site: &'static Site, key: &Key, pace: Pace) -> Glance {
        let glance = |registry: &Registry| registry.glance(site, key, pace);
        current::glance(glance).unwrap_or(Glance::Nothing)
    }

    /// Runs `act` on the cache of `site` in the current registry, without counting a reference.
    #[inline]
    pub(crate) fn with_cache_of<T>(site: &'static Site, act: impl FnOnce(&Arc<Cache>) -> T) -> T {
        current::with_current(|registry| act(registry.cache(site)))
    }
}

impl CachesBuilder {
    /// Checks everything, builds the registry and connects, if a cache needs Redis. A Redis that
    /// does not answer within a second is connected in the background, unless it is
    /// [required](Self::required).
    ///
    /// ```
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let caches = cachery::Caches::builder().prefix("shop").build().await?;
    /// caches.install()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Names every wrong value and every two call sites that collide, all at once; or the reason
    /// why a required Redis cannot be reached.
    pub async fn build(self) -> Result<Caches, Error> {
        Ok(Caches(open::build(self.sources).await?))
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches").field("names", &self.names()).finish_non_exhaustive()
    }
}

/// The error of an installation when the process has a registry already. Holds the one that was not
/// installed.
///
/// ```
/// # use cachery::Caches;
/// # async fn example() {
/// let caches = Caches::isolated();
/// if let Err(error) = caches.install() {
///     let caches = error.into_inner();
///     caches.scope(async { /* the rest of the program */ }).await;
/// }
/// # }
/// ```
pub struct InstallError(Caches);

impl InstallError {
    /// Returns the registry that was not installed.
    ///
    /// ```
    /// # use cachery::Caches;
    /// Caches::isolated().install().expect("the first one");
    /// let second = Caches::isolated();
    /// let second = second.install().expect_err("there is one already").into_inner();
    /// ```
    pub fn into_inner(self) -> Caches {
        self.0
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the process has its caches already: install once, and before the first call of a cached \
             function, which builds them from the environment",
        )
    }
}

/// Writes as `Display` does: a `main` that returns this error shows it so.
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InstallError {}
