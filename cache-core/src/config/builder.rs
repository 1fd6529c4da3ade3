//! The settings of a registry from code.

use std::{ffi::OsString, fmt, future::Future, time::Duration};

use super::{
    fields::{CacheSettings, Fallback, Secret},
    resolve::Resolved,
    sources::Sources,
};
use crate::{
    error::Error,
    remote::{PasswordProvider, TlsFiles},
    site::SITES,
};

/// Builds a registry, [`Caches`](crate::Caches). Values from code win over the environment.
///
/// ```
/// use cachery::{Caches, config::CacheSettings};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let caches = Caches::builder().all(CacheSettings::new().capacity(50_000)).build().await?;
/// caches.install()?;
/// # Ok(()) }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CachesBuilder {
    pub(crate) sources: Sources,
}

impl CachesBuilder {
    /// Switches all caching on or off, as `CACHE_ENABLED` does. The default is on.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().enabled(!cfg!(debug_assertions));
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.sources.builder.program.enabled = Some(enabled);
        self
    }

    /// Sets the most bytes in memory for all caches together, as `CACHE_MAX_BYTES` does. When they
    /// are too many, the cache that holds most gives way. Caches whose values have no known size
    /// are left out. The bound has no default.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().max_bytes(1 << 30);
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.sources.builder.program.max_bytes = Some(bytes);
        self
    }

    /// Sets the unit of `cost`, as `CACHE_COST_UNIT` does: a currency or anything else that loads
    /// use up. The default is `USD`. It stands in reports alone.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().cost_unit("EUR");
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn cost_unit(mut self, unit: impl Into<String>) -> Self {
        self.sources.builder.program.cost_unit = Some(unit.into());
        self
    }

    /// Adds settings for all caches. The values of an attribute win over them. A field that was set
    /// before is set anew.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use cachery::config::{CacheSettings, Codec};
    ///
    /// let builder = Caches::builder().all(CacheSettings::new().codec(Codec::Json).jitter(0.1));
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn all(mut self, settings: CacheSettings) -> Self {
        self.sources.builder.add_for_all(settings);
        self
    }

    /// Adds settings for the cache `name`. They win over its attribute. A field that was set before
    /// is set anew. A name that no cache has is a fault.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use cachery::config::CacheSettings;
    ///
    /// let builder = Caches::builder().cache("emotions", CacheSettings::new().capacity(100));
    /// let error = builder.isolated().check().expect_err("this program has no such cache");
    /// assert!(error.to_string().contains("unknown cache `emotions`"));
    /// ```
    pub fn cache(mut self, name: impl Into<String>, settings: CacheSettings) -> Self {
        self.sources.builder.add_for_cache(name.into(), settings);
        self
    }

    /// Sets the URL of Redis, for all caches that are kept there. It may hold a user and a
    /// password, and is never shown. It has no default. The variables `CACHE_REDIS_URL` and,
    /// weaker, `REDIS_URL` set the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().redis_url("redis://localhost:6379");
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.sources.builder.remote.url = Some(Secret::new(url));
        self
    }

    /// Sets the PEM files for TLS to Redis. Without them, the roots that the system trusts are
    /// used, and no client certificate. `CACHE_REDIS_CA`, `CACHE_REDIS_CERT` and `CACHE_REDIS_KEY`
    /// set the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use cachery::config::TlsFiles;
    ///
    /// let files = TlsFiles::default().ca("ca.pem").client("client.pem", "client-key.pem");
    /// let builder = Caches::builder().redis_url("rediss://redis.internal").redis_tls(files);
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn redis_tls(mut self, files: TlsFiles) -> Self {
        let remote = &mut self.sources.builder.remote;
        remote.ca = files.ca;
        remote.cert = files.cert;
        remote.key = files.key;
        self
    }

    /// Sets the closure that is asked for the password of Redis before each connection, for tokens
    /// that expire. It wins over a password in the URL and over `CACHE_REDIS_PASSWORD_COMMAND`. It
    /// has 10 seconds, and may run on any runtime from which Redis is called; callers do without
    /// Redis meanwhile. `None` means that there is none at present: it is asked again soon.
    ///
    /// ```
    /// # use cachery::Caches;
    /// async fn token() -> Option<String> {
    ///     std::fs::read_to_string("/run/secrets/redis-token").ok()
    /// }
    ///
    /// let builder = Caches::builder().redis_url("rediss://app@redis.internal").redis_password(token);
    /// # let _ = builder;
    /// ```
    pub fn redis_password<F>(mut self, provider: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        self.sources.builder.password = Some(PasswordProvider::new(provider));
        self
    }

    /// Sets the beginning of all keys in Redis: 1 to 64 letters, digits, `_`, `-`, `.` and `:`.
    /// Programs that share a Redis and not their values have different prefixes. The default is
    /// `cachery`, and with a [profile](Self::profile) `cachery.<profile>`. `CACHE_PREFIX` sets the
    /// same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().prefix("shop");
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.sources.builder.remote.prefix = Some(prefix.into());
        self
    }

    /// Sets a secret of at least 16 bytes, the same in all processes, so that nobody who reads the
    /// keys in Redis can guess arguments from them. There is none by default. Another secret makes
    /// other keys. `CACHE_KEY_SECRET` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().key_secret("7c1f0c7e1f2a4b6d9e8f");
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn key_secret(mut self, secret: impl Into<String>) -> Self {
        self.sources.builder.remote.key_secret = Some(Secret::new(secret));
        self
    }

    /// Makes `build` fail when Redis cannot be reached. The default is `false`: until Redis can be
    /// reached, calls run their functions. `CACHE_REQUIRED` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().redis_url("redis://localhost:6379").required(true);
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn required(mut self, required: bool) -> Self {
        self.sources.builder.remote.required = Some(required);
        self
    }

    /// Sets the replacement for Redis in `redis` caches while it cannot be reached. The default is
    /// [`Fallback::Memory`]. `CACHE_FALLBACK` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use cachery::config::Fallback;
    ///
    /// let builder = Caches::builder().fallback(Fallback::Off);
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.sources.builder.remote.fallback = Some(fallback);
        self
    }

    /// Sets the time that one call waits for Redis, over all its requests. The wait for another
    /// process's load does not count. The default is 100 ms. `CACHE_REMOTE_DEADLINE` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use std::time::Duration;
    ///
    /// let builder = Caches::builder().remote_deadline(Duration::from_millis(50));
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn remote_deadline(mut self, deadline: Duration) -> Self {
        self.sources.builder.remote.remote_deadline = Some(deadline);
        self
    }

    /// Sets the file that keeps queued invalidations, so that they survive a restart of the
    /// process. Each process of a machine needs its own. There is none by default. `CACHE_JOURNAL`
    /// sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().journal("/var/lib/shop/cache.journal");
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn journal(mut self, path: impl Into<String>) -> Self {
        self.sources.builder.remote.journal = Some(path.into());
        self
    }

    /// Sets the time for which memory keeps entries while this process is cut off from Redis, at
    /// most. The default is 30 s. `CACHE_OUTAGE_TTL` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use std::time::Duration;
    ///
    /// let builder = Caches::builder().outage_ttl(Duration::from_secs(5));
    /// # builder.isolated().check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn outage_ttl(mut self, ttl: Duration) -> Self {
        self.sources.builder.remote.outage_ttl = Some(ttl);
        self
    }

    /// Makes a `CACHE_…` variable of an unknown name an error. Otherwise it is a warning.
    /// `CACHE_STRICT` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().strict(true).variables([("CACHE_DIR", "/tmp")]);
    /// assert!(builder.check().is_err());
    /// ```
    pub fn strict(mut self, strict: bool) -> Self {
        self.sources.builder.program.strict = Some(strict);
        self
    }

    /// Adds `CACHE_…` variables that are for other programs: they cause no warning and no error.
    /// `CACHE_EXTERNAL` adds more.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().strict(true).variables([("CACHE_DIR", "/tmp")]);
    /// builder.external(["CACHE_DIR"]).check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn external<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let external = self.sources.builder.program.external.get_or_insert_default();
        external.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets the path of the configuration file. A missing file is an error. Without a path,
    /// `cache.toml` in the working directory is read if it is there. `CACHE_CONFIG` sets the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let error = Caches::builder().isolated().file("nowhere.toml").check().unwrap_err();
    /// assert!(error.to_string().contains("the file `nowhere.toml` does not exist"));
    /// ```
    pub fn file(mut self, path: impl Into<String>) -> Self {
        self.sources.builder.file = Some(path.into());
        self
    }

    /// Chooses the profile of the file: `local`, `staging`, `production` or any other. It is also a
    /// part of the default [prefix](Self::prefix). `CACHE_ENV` chooses the same.
    ///
    /// ```
    /// # use cachery::Caches;
    /// for profile in ["local", "staging", "production"] {
    ///     Caches::builder().profile(profile).check()?;
    /// }
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.sources.builder.profile = Some(name.into());
        self
    }

    /// Reads these variables in place of those of the process.
    ///
    /// ```
    /// # use cachery::Caches;
    /// Caches::builder().variables([("REDIS_URL", "redis://localhost:6379")]).check()?;
    /// # Ok::<(), cachery::Error>(())
    /// ```
    pub fn variables<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.sources.variables = Some(pairs.collect());
        self
    }

    /// Separates the registry from the process, as [`Caches::isolated`](crate::Caches::isolated)
    /// does: no variable of the process is read, no file that is not named here, and the clock is
    /// its own. Without a [URL](Self::redis_url), caches whose attributes ask for Redis stay in
    /// memory.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use cachery::config::CacheSettings;
    ///
    /// # async fn test() -> Result<(), cachery::Error> {
    /// let exact = CacheSettings::new().jitter(0.0);
    /// let caches = Caches::builder().isolated().all(exact).build().await?;
    /// # Ok(()) }
    /// ```
    pub fn isolated(mut self) -> Self {
        self.sources.isolated = true;
        self
    }

    /// Checks everything that can be checked without connecting, and builds nothing: see
    /// [`Caches::check`](crate::Caches::check).
    ///
    /// ```
    /// # use cachery::Caches;
    /// let builder = Caches::builder().isolated().variables([("CACHE_ENABLED", "maybe")]);
    /// let error = builder.check().unwrap_err();
    /// assert_eq!(error.to_string(), "CACHE_ENABLED: \"maybe\" is neither `true` nor `false`");
    /// ```
    ///
    /// # Errors
    /// As `build`.
    pub fn check(&self) -> Result<(), Error> {
        let resolved = Resolved::of(&self.sources, &SITES);
        resolved.config.log_notes();
        Error::check(resolved.faults)
    }
}

/// Shows variables by their names only, and neither the URL nor the secret: values may be private.
impl fmt::Debug for CachesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sources { builder, variables, isolated } = &self.sources;
        f.debug_struct("CachesBuilder")
            .field("program", &builder.program)
            .field("all", &builder.all)
            .field("caches", &builder.caches)
            .field("remote", &builder.remote)
            .field("file", &builder.file)
            .field("profile", &builder.profile)
            .field("variables", variables)
            .field("isolated", isolated)
            .finish()
    }
}
