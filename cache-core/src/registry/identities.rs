//! The identities of all caches, for a test that tells of a deploy which would start cold.

use std::fmt;

use serde::Serialize;

use crate::{
    identity::Fingerprint,
    site::{self, Site},
};

/// The caches of a program as a shared store knows them: while none of them changes, a new release
/// reads what the one before has stored.
///
/// The order is stable: by name, and where functions share their name by function. Neither files
/// nor lines are in it.
///
/// ```standalone_crate
/// use cachery::{Caches, cached};
///
/// #[cached(name = "sentiment", ttl = "1h")]
/// async fn analyze(tenant: u64, text: &str) -> String {
///     format!("{text} for {tenant}")
/// }
///
/// assert_eq!(
///     Caches::isolated().identities().to_string(),
///     "sentiment: (tenant:u64,text:&str) -> String, version 0, bb4d51e0f8bd030e\n",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Identities {
    /// The caches, one for each call site whose values can leave memory.
    pub caches: Vec<CacheIdentity>,
}

/// One cache of [`Identities`].
///
/// ```
/// use cachery::Caches;
///
/// for cache in Caches::isolated().identities().caches {
///     println!("{}: {}", cache.name, cache.fingerprint);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CacheIdentity {
    /// The name of the cache.
    pub name: &'static str,
    /// The path of the function, where the name was not written: it is then part of the identity.
    pub function: Option<&'static str>,
    /// The types that form the key, without their paths, and the text of `key(..)`.
    pub key: &'static str,
    /// The type that is returned, without its path.
    pub value: &'static str,
    /// The `version` of the attribute, else 0.
    pub version: u32,
    /// The number that is part of each stored key.
    pub fingerprint: Fingerprint,
}

impl Identities {
    /// Lists all call sites of the program. Those that are `local` are left out: their values die
    /// with their process.
    pub(super) fn of_program() -> Self {
        let sites = site::by_name().values().flatten().filter(|site| !site.local);
        let mut caches: Vec<_> = sites.map(|site| CacheIdentity::of(site)).collect();
        caches.sort_by_key(|cache| (cache.name, cache.function));
        Self { caches }
    }
}

impl CacheIdentity {
    fn of(site: &Site) -> Self {
        let (name, function) = site.known_by();
        Self {
            name,
            function,
            key: site.key,
            value: site.value,
            version: site.version,
            fingerprint: site.fingerprint(),
        }
    }
}

/// One line for each cache.
impl fmt::Display for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.caches.iter().try_for_each(|cache| writeln!(f, "{cache}"))
    }
}

impl fmt::Display for CacheIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, function, key, value, version, fingerprint } = self;
        f.write_str(name)?;
        if let Some(function) = function {
            write!(f, " ({function})")?;
        }
        write!(f, ": {key} -> {value}, version {version}, {fingerprint}")
    }
}
