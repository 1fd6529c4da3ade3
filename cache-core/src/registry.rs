//! The registry: all caches of a program, or of one test.

mod builder;
mod global;
mod handle;
mod reload;
mod remote;
mod report;
mod settings;

pub use builder::CachesBuilder;
pub use global::InstallError;
pub use handle::CacheHandle;
pub use reload::{Change, Reload};
pub use report::{CacheReport, Report, SiteReport};

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use self::settings::CurrentSettings;
use crate::{
    cache::{Cache, Remote},
    clock::Clock,
    config::{Config, EffectiveConfig, Origin},
    error::{Error, Fault},
    housekeeping, observe,
    site::{self, SITES, Site},
    stats::Stats,
    telemetry,
};

/// All caches of a program. Clones are the same registry.
///
/// Most programs never name it: the first call of a cached function builds one from the environment. To see wrong settings
/// at start-up instead of in a log line, build it there and install it:
///
/// ```
/// # use cachery_core::{Caches, Error};
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let caches = Caches::from_env().await?;
/// caches.install()?;
/// # Ok(()) }
/// ```
///
/// A test takes one of its own, with a clock that it can move:
///
/// ```
/// # use cachery_core::Caches;
/// # async fn test() {
/// let caches = Caches::isolated();
/// caches
///     .scope(async {
///         // calls in here know nothing of other tests
///     })
///     .await;
/// # }
/// ```
#[derive(Clone)]
pub struct Caches(Arc<Registry>);

struct Registry {
    settings: CurrentSettings,
    /// Held while settings are read again and put into effect.
    reloading: Arc<tokio::sync::Mutex<()>>,
    clock: Clock,
    /// For each of [`SITES`], its cache once it was used.
    caches: Box<[OnceLock<Arc<Cache>>]>,
    /// `None` when no cache of the program uses one.
    remote: Option<Remote>,
}

tokio::task_local! {
    static SCOPED: Caches;
}

/// Whether any scope was ever entered: programs without one need not look for theirs on each hit.
static SCOPES_IN_USE: AtomicBool = AtomicBool::new(false);

impl Caches {
    /// Begins a registry that is not, or not only, configured by the environment.
    pub fn builder() -> CachesBuilder {
        CachesBuilder::new()
    }

    /// The registry that the environment and the configuration file describe, with every call site of the program checked.
    ///
    /// # Errors
    /// Names every wrong value, every name that is misspelt and every two call sites that collide, all at once.
    pub async fn from_env() -> Result<Self, Error> {
        Self::builder().build().await
    }

    /// Whether [`from_env`](Self::from_env) would find anything wrong, without connecting to anything: every variable and file,
    /// every call site of the program. For a test, so that no wrong setting reaches production:
    ///
    /// ```
    /// # use cachery_core as cachery;
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

    /// A registry for one test: its own entries, statistics and clock, nothing of the environment.
    ///
    /// What runs in its [`scope`](Self::scope) uses it, and nothing else does; a task that is spawned there does only when
    /// it is wrapped by `Caches::current().scope(..)`. Expiry keeps its jitter: see
    /// [`CacheSettings::jitter`](crate::CacheSettings::jitter) for exact lifetimes.
    pub fn isolated() -> Self {
        let origin = Origin { isolated: true, ..Origin::default() };
        Self::assemble(origin, Config::default(), Clock::isolated(), Vec::new())
    }

    fn assemble(origin: Origin, config: Config, clock: Clock, mut faults: Vec<Fault>) -> Self {
        housekeeping::start();
        let caches = SITES.iter().map(|_| OnceLock::new()).collect();
        Self(Arc::new_cyclic(|registry| {
            let remote = remote::open(&config, registry, &mut faults);
            let settings = CurrentSettings::new(origin, config, faults);
            Registry { settings, reloading: Arc::default(), clock, caches, remote }
        }))
    }

    /// The registry that calls made here would use: the scope's, else the installed one, which is built from the
    /// environment if there is none yet.
    pub fn current() -> Self {
        SCOPED.try_with(Self::clone).unwrap_or_else(|_| global::get().clone())
    }

    /// Runs `future` with this registry as the current one, across its awaits. Tasks that it spawns are on their own:
    /// wrap them by `Caches::current().scope(..)`.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// # async fn example() {
    /// # async fn work() {}
    /// tokio::spawn(Caches::current().scope(work()));
    /// # }
    /// ```
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        SCOPES_IN_USE.store(true, Relaxed);
        SCOPED.scope(self.clone(), future)
    }

    /// Runs `act` with this registry as the current one, as [`scope`](Self::scope) does for a future.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// let caches = Caches::isolated();
    /// let stats = caches.sync_scope(|| Caches::current().report());
    /// ```
    pub fn sync_scope<T>(&self, act: impl FnOnce() -> T) -> T {
        SCOPES_IN_USE.store(true, Relaxed);
        SCOPED.sync_scope(self.clone(), act)
    }

    /// The clock of this registry.
    pub fn clock(&self) -> Clock {
        self.0.clock.clone()
    }

    /// Returns the cache called `name`, or `None` if no call site of the program has that name.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// let caches = Caches::current();
    /// assert!(caches.get("a name that no cache has").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<CacheHandle> {
        CacheHandle::named(self.clone(), name)
    }

    /// Returns the names of all caches of this program, sorted.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// for name in Caches::current().names() {
    ///     println!("{name}");
    /// }
    /// ```
    pub fn names(&self) -> Vec<&'static str> {
        site::by_name().keys().copied().collect()
    }

    /// Returns the statistics and policies of all caches, as one serialisable value.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// let report = serde_json::to_string_pretty(&Caches::current().report()).unwrap();
    /// ```
    pub fn report(&self) -> Report {
        Report::of(self)
    }

    /// Returns the settings in effect, each with its origin: to be serialised, or printed as a table.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// println!("{}", Caches::current().config());
    /// ```
    pub fn config(&self) -> EffectiveConfig {
        self.0.settings.effective()
    }

    /// Hands the counters to the `metrics` recorder now. The installed registry does so by itself
    /// twice a second; an isolated one only here.
    ///
    /// ```
    /// # use cachery_core::Caches;
    /// Caches::isolated().flush_metrics();
    /// ```
    pub fn flush_metrics(&self) {
        self.flush();
    }

    /// As [`flush_metrics`](Self::flush_metrics), for the registry of the process if there is one.
    pub(crate) fn flush_installed() {
        if let Some(caches) = global::get_if_any() {
            caches.flush();
        }
    }

    fn flush(&self) {
        telemetry::describe();
        for name in site::by_name().keys() {
            telemetry::flush(name, &self.stats(name));
        }
        observe::flush();
    }

    /// The sum over the call sites called `name`.
    fn stats(&self, name: &str) -> Stats {
        let mut sum = Stats::default();
        for cache in site::named(name).iter().filter_map(|site| self.open_cache(site)) {
            sum += cache.stats();
        }
        sum
    }

    /// The cache of `site`, if it was used.
    fn open_cache(&self, site: &Site) -> Option<&Arc<Cache>> {
        self.0.caches[site.index()].get()
    }

    /// The cache of `site`, opened at its first use.
    #[inline]
    fn cache(&self, site: &'static Site) -> &Arc<Cache> {
        let cell = &self.0.caches[site.index()];
        cell.get().unwrap_or_else(|| {
            let cache = cell.get_or_init(|| self.open(site));
            // Settings may have changed since the cache took its own, when nobody could tell it.
            self.0.settings.adopt(cache);
            cache
        })
    }

    #[cold]
    fn open(&self, site: &'static Site) -> Arc<Cache> {
        let policy = self.0.settings.policy(site);
        let shared = self.0.shared(site, &policy);
        Arc::new(Cache::new(site, policy, self.0.clock.clone(), shared))
    }

    /// The cache of `site` in the current registry.
    pub(crate) fn cache_of(site: &'static Site) -> Arc<Cache> {
        Self::with_cache_of(site, Arc::clone)
    }

    /// As [`cache_of`](Self::cache_of), without a count of references.
    #[inline]
    pub(crate) fn with_cache_of<T>(site: &'static Site, act: impl FnOnce(&Arc<Cache>) -> T) -> T {
        if SCOPES_IN_USE.load(Relaxed) && SCOPED.try_with(|_| ()).is_ok() {
            return SCOPED.with(|caches| act(caches.cache(site)));
        }
        act(global::get().cache(site))
    }

    pub(crate) fn handle_of(self, site: &'static Site) -> CacheHandle {
        CacheHandle::of(self, site)
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches").field("names", &self.names()).finish_non_exhaustive()
    }
}
