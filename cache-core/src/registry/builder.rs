//! A registry from code.

use std::{ffi::OsString, fmt, time::Duration};

use super::Caches;
use crate::{
    clock::Clock,
    config::{CacheSettings, Config, Fallback, Secret, Url, Variables},
    error::Error,
    remote::TlsFiles,
    site::SITES,
};

/// Builds a [`Caches`]. What is said here wins over the environment.
///
/// ```
/// # use std::time::Duration;
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// # use cache_core as cachery;
/// use cachery::{CacheSettings, Caches};
///
/// let caches = Caches::builder().all(CacheSettings::new().capacity(50_000)).build().await?;
/// caches.install()?;
/// # Ok(()) }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CachesBuilder {
    config: Config,
    variables: Option<Variables>,
    isolated: bool,
}

impl CachesBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether anything is cached. The same as `CACHE_ENABLED`.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.config.builder.enabled = Some(enabled);
        self
    }

    /// Values for all caches; an attribute's are stronger. Called again, it adds to what it said before, and the later value
    /// of a setting stands.
    pub fn all(mut self, settings: CacheSettings) -> Self {
        self.config.builder.all = settings.over(self.config.builder.all);
        self
    }

    /// Values for the cache `name`; they are stronger than its attribute's. Called again for it, it adds to what it said
    /// before, and the later value of a setting stands.
    pub fn cache(mut self, name: impl Into<String>, settings: CacheSettings) -> Self {
        let said = self.config.builder.caches.entry(name.into()).or_default();
        *said = settings.over(*said);
        self
    }

    /// Where Redis is, for all caches that are kept there: `redis://localhost:6379`, for example. It may hold a user and a
    /// password, and is never shown. There is no default. The same as `CACHE_REDIS_URL` or, weaker, `REDIS_URL`.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.config.builder.remote.url = Some(Url::of_builder(url));
        self
    }

    /// The paths of PEM files for TLS to Redis. Without them, the roots that the system trusts and no client certificate. The
    /// same as `CACHE_REDIS_CA`, `CACHE_REDIS_CERT` and `CACHE_REDIS_KEY`.
    pub fn redis_tls(mut self, files: TlsFiles) -> Self {
        self.config.builder.remote.tls = files;
        self
    }

    /// What all keys in Redis begin with: 1 to 64 letters, digits, `_`, `-`, `.` and `:`. Programs that share a Redis and
    /// not their answers have different ones. The default is `cachery`. The same as `CACHE_PREFIX`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.config.builder.remote.prefix = Some(prefix.into());
        self
    }

    /// A secret of at least 16 bytes, the same in all processes, without which nobody who reads the keys in Redis can guess
    /// arguments from them. By default there is none. Another secret means other keys. The same as `CACHE_KEY_SECRET`.
    pub fn key_secret(mut self, secret: impl Into<String>) -> Self {
        self.config.builder.remote.key_secret = Some(Secret::new(secret));
        self
    }

    /// Whether [`build`](Self::build) fails when Redis cannot be reached. The default is `false`: calls run their functions
    /// until it can. The same as `CACHE_REQUIRED`.
    pub fn required(mut self, required: bool) -> Self {
        self.config.builder.remote.required = Some(required);
        self
    }

    /// What `redis` caches do while Redis cannot be reached. The default is [`Fallback::Memory`]. The same as
    /// `CACHE_FALLBACK`.
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.config.builder.remote.fallback = Some(fallback);
        self
    }

    /// How long one call waits for Redis, over all that it asks there; waiting for another process's load is apart. The
    /// default is 100 ms. The same as `CACHE_REMOTE_DEADLINE`.
    pub fn remote_deadline(mut self, deadline: Duration) -> Self {
        self.config.builder.remote.deadline = Some(deadline);
        self
    }

    /// How long entries in memory live while this process is cut off from Redis, at most. The default is 30 s. The same as
    /// `CACHE_OUTAGE_TTL`.
    pub fn outage_ttl(mut self, ttl: Duration) -> Self {
        self.config.builder.remote.outage_ttl = Some(ttl);
        self
    }

    /// Reads these variables in place of the process environment.
    pub fn variables<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.variables = Some(pairs.collect());
        self
    }

    /// A registry as by [`Caches::isolated`], but with the values given here: nothing of the process environment, and a
    /// clock of its own.
    pub fn isolated(mut self) -> Self {
        self.isolated = true;
        self
    }

    /// Checks everything, builds the registry and connects, if a cache wants Redis. A Redis that does not answer within a second is waited
    /// for in the background, unless it is [required](Self::required).
    ///
    /// # Errors
    /// Names every wrong value and every two call sites that collide, all at once; or why a required Redis cannot be reached.
    pub async fn build(self) -> Result<Caches, Error> {
        let clock = if self.isolated { Clock::isolated() } else { Clock::system() };
        let variables = match self.variables {
            Some(variables) => variables,
            None if self.isolated => Variables::default(),
            None => Variables::of_process(),
        };
        let (config, faults) = Config::resolve(&SITES, &variables, self.config);
        Error::check(faults)?;
        let caches = Caches::assemble(config, clock, Vec::new());
        caches.connect().await?;
        Ok(caches)
    }
}

/// Variables by their names only, and neither the URL nor the secret: values may be private.
impl fmt::Debug for CachesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachesBuilder")
            .field("enabled", &self.config.builder.enabled)
            .field("all", &self.config.builder.all)
            .field("caches", &self.config.builder.caches)
            .field("remote", &self.config.builder.remote)
            .field("variables", &self.variables)
            .field("isolated", &self.isolated)
            .finish()
    }
}
