//! A registry from code.

use std::{ffi::OsString, fmt, time::Duration};

use super::Caches;
use crate::{
    clock::Clock,
    config::{CacheSettings, Fallback, Origin, Secret, Settings as _},
    error::Error,
    remote::TlsFiles,
    site::SITES,
};

/// Builds a [`Caches`]. What is said here wins over the environment.
///
/// ```
/// # use std::time::Duration;
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// # use cachery_core as cachery;
/// use cachery::{CacheSettings, Caches};
///
/// let caches = Caches::builder().all(CacheSettings::new().capacity(50_000)).build().await?;
/// caches.install()?;
/// # Ok(()) }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CachesBuilder {
    pub(crate) origin: Origin,
}

impl CachesBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether anything is cached. The same as `CACHE_ENABLED`.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.origin.given.program.enabled = Some(enabled);
        self
    }

    /// Values for all caches; an attribute's are stronger. Called again, it adds to what it said before, and the later value
    /// of a setting stands.
    pub fn all(mut self, settings: CacheSettings) -> Self {
        self.origin.given.all = settings.over(self.origin.given.all);
        self
    }

    /// Values for the cache `name`; they are stronger than its attribute's. Called again for it, it adds to what it said
    /// before, and the later value of a setting stands.
    pub fn cache(mut self, name: impl Into<String>, settings: CacheSettings) -> Self {
        let said = self.origin.given.caches.entry(name.into()).or_default();
        *said = settings.over(*said);
        self
    }

    /// Where Redis is, for all caches that are kept there: `redis://localhost:6379`, for example. It may hold a user and a
    /// password, and is never shown. There is no default. The same as `CACHE_REDIS_URL` or, weaker, `REDIS_URL`.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.origin.given.remote.url = Some(Secret::new(url));
        self
    }

    /// The paths of PEM files for TLS to Redis. Without them, the roots that the system trusts and no client certificate. The
    /// same as `CACHE_REDIS_CA`, `CACHE_REDIS_CERT` and `CACHE_REDIS_KEY`.
    pub fn redis_tls(mut self, files: TlsFiles) -> Self {
        let remote = &mut self.origin.given.remote;
        (remote.ca, remote.cert, remote.key) = (files.ca, files.cert, files.key);
        self
    }

    /// What all keys in Redis begin with: 1 to 64 letters, digits, `_`, `-`, `.` and `:`. Programs that share a Redis and
    /// not their answers have different ones. The default is `cachery`. The same as `CACHE_PREFIX`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.origin.given.remote.prefix = Some(prefix.into());
        self
    }

    /// A secret of at least 16 bytes, the same in all processes, without which nobody who reads the keys in Redis can guess
    /// arguments from them. By default there is none. Another secret means other keys. The same as `CACHE_KEY_SECRET`.
    pub fn key_secret(mut self, secret: impl Into<String>) -> Self {
        self.origin.given.remote.key_secret = Some(Secret::new(secret));
        self
    }

    /// Whether [`build`](Self::build) fails when Redis cannot be reached. The default is `false`: calls run their functions
    /// until it can. The same as `CACHE_REQUIRED`.
    pub fn required(mut self, required: bool) -> Self {
        self.origin.given.remote.required = Some(required);
        self
    }

    /// What `redis` caches do while Redis cannot be reached. The default is [`Fallback::Memory`]. The same as
    /// `CACHE_FALLBACK`.
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.origin.given.remote.fallback = Some(fallback);
        self
    }

    /// How long one call waits for Redis, over all that it asks there; waiting for another process's load is apart. The
    /// default is 100 ms. The same as `CACHE_REMOTE_DEADLINE`.
    pub fn remote_deadline(mut self, deadline: Duration) -> Self {
        self.origin.given.remote.remote_deadline = Some(deadline);
        self
    }

    /// How long entries in memory live while this process is cut off from Redis, at most. The default is 30 s. The same as
    /// `CACHE_OUTAGE_TTL`.
    pub fn outage_ttl(mut self, ttl: Duration) -> Self {
        self.origin.given.remote.outage_ttl = Some(ttl);
        self
    }

    /// Whether a `CACHE_…` variable like nobody's is an error; otherwise it is a warning. The same as `CACHE_STRICT`.
    pub fn strict(mut self, strict: bool) -> Self {
        self.origin.given.program.strict = Some(strict);
        self
    }

    /// `CACHE_…` variables that are for other programs: nothing is said about them. Called again, it adds to what it said before.
    /// The same as `CACHE_EXTERNAL`.
    pub fn external<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let external = self.origin.given.program.external.get_or_insert_default();
        external.extend(names.into_iter().map(Into::into));
        self
    }

    /// The path of the configuration file. One that is not there is an error. Without it, `cache.toml` in the working directory
    /// is read if it is there. The same as `CACHE_CONFIG`.
    pub fn file(mut self, path: impl Into<String>) -> Self {
        self.origin.given.file = Some(path.into());
        self
    }

    /// The profile of the file that stands: `local`, `staging`, `production` or any other. The same as `CACHE_ENV`.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.origin.given.profile = Some(name.into());
        self
    }

    /// Reads these variables in place of the process environment.
    pub fn variables<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.origin.variables = Some(pairs.collect());
        self
    }

    /// A registry as by [`Caches::isolated`], but with the values given here: nothing of the process environment, no
    /// file that is not named here, and a clock of its own. Without a [URL](Self::redis_url), caches whose attributes want Redis stay in
    /// memory.
    pub fn isolated(mut self) -> Self {
        self.origin.isolated = true;
        self
    }

    /// Checks everything that can be checked without connecting, and builds nothing: see [`Caches::check`].
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn check(&self) -> Result<(), Error> {
        let resolved = self.origin.resolve(&SITES);
        resolved.strangers.warn();
        Error::check(resolved.faults)
    }

    /// Checks everything, builds the registry and connects, if a cache wants Redis. A Redis that does not answer within a second is waited
    /// for in the background, unless it is [required](Self::required).
    ///
    /// # Errors
    /// Names every wrong value and every two call sites that collide, all at once; or why a required Redis cannot be reached.
    pub async fn build(self) -> Result<Caches, Error> {
        let clock = if self.origin.isolated { Clock::isolated() } else { Clock::system() };
        let resolved = self.origin.resolve(&SITES);
        Error::check(resolved.faults)?;
        resolved.strangers.warn();
        let caches = Caches::assemble(self.origin, resolved.config, clock, Vec::new());
        caches.connect().await?;
        Ok(caches)
    }
}

/// Variables by their names only, and neither the URL nor the secret: values may be private.
impl fmt::Debug for CachesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachesBuilder")
            .field("program", &self.origin.given.program)
            .field("all", &self.origin.given.all)
            .field("caches", &self.origin.given.caches)
            .field("remote", &self.origin.given.remote)
            .field("file", &self.origin.given.file)
            .field("profile", &self.origin.given.profile)
            .field("variables", &self.origin.variables)
            .field("isolated", &self.origin.isolated)
            .finish()
    }
}
