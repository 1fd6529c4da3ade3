//! A registry from code.

use std::{ffi::OsString, fmt};

use super::Caches;
use crate::{
    clock::Clock,
    config::{CacheSettings, Config, Variables},
    error::Error,
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
        self.config.enabled = Some(enabled);
        self
    }

    /// Values for all caches; an attribute's are stronger. Called again, it adds to what it said before, and the later value
    /// of a setting stands.
    pub fn all(mut self, settings: CacheSettings) -> Self {
        self.config.all = settings.over(self.config.all);
        self
    }

    /// Values for the cache `name`; they are stronger than its attribute's. Called again for it, it adds to what it said
    /// before, and the later value of a setting stands.
    pub fn cache(mut self, name: impl Into<String>, settings: CacheSettings) -> Self {
        let said = self.config.caches.entry(name.into()).or_default();
        *said = settings.over(*said);
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

    /// Checks everything and builds the registry.
    ///
    /// # Errors
    /// Names every wrong value and every two call sites that collide, all at once.
    #[expect(clippy::unused_async, reason = "connecting to a remote tier will happen here")]
    pub async fn build(self) -> Result<Caches, Error> {
        let clock = if self.isolated { Clock::isolated() } else { Clock::system() };
        let variables = match self.variables {
            Some(variables) => variables,
            None if self.isolated => Variables::default(),
            None => Variables::of_process(),
        };
        let (config, faults) = Config::resolve(&SITES, &variables, self.config);
        Error::check(faults)?;
        Ok(Caches::assemble(config, clock, Vec::new()))
    }
}

/// Variables by their names only: a value may be private.
impl fmt::Debug for CachesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachesBuilder")
            .field("enabled", &self.config.enabled)
            .field("all", &self.config.all)
            .field("caches", &self.config.caches)
            .field("variables", &self.variables)
            .field("isolated", &self.isolated)
            .finish()
    }
}
