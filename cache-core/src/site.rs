//! Call sites: one descriptor for each `#[cached]` function, known before its first call.

use std::{
    collections::{BTreeMap, HashMap},
    panic::Location,
    sync::LazyLock,
    time::Duration,
};

use cachery_syntax::Backend;
use linkme::distributed_slice;

use crate::identity::Fingerprint;

/// What the attribute says about one cached function. A `static`, built by const functions.
#[derive(Debug)]
pub struct Site {
    pub(crate) name: &'static str,
    /// Crate, modules and function: `shop::orders::get`.
    pub(crate) function: &'static str,
    /// Parameter and return types as written.
    pub(crate) signature: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) version: u32,
    pub(crate) ttl: Option<Duration>,
    pub(crate) capacity: Option<u64>,
    pub(crate) backend: Option<Backend>,
    /// Its values need not be serialisable, so no setting can make them leave memory.
    pub(crate) local: bool,
    /// A declared cache: its name alone is its identity, and `function` is what declares it.
    pub(crate) declared: bool,
}

/// All call sites of this program.
#[distributed_slice]
pub static SITES: [Site];

/// All call sites by their names, in order of name.
pub(crate) fn by_name() -> &'static BTreeMap<&'static str, Vec<&'static Site>> {
    static BY_NAME: LazyLock<BTreeMap<&'static str, Vec<&'static Site>>> = LazyLock::new(|| {
        let mut sites = BTreeMap::<_, Vec<_>>::new();
        for site in SITES {
            sites.entry(site.name).or_default().push(site);
        }
        for sites in sites.values_mut() {
            sites.sort_by_key(|site| (site.file, site.line));
        }
        sites
    });
    &BY_NAME
}

/// The call sites called `name`, by their places.
pub(crate) fn named(name: &str) -> &'static [&'static Site] {
    by_name().get(name).map_or(&[], Vec::as_slice)
}

/// The call site whose entries carry `fingerprint` in a remote tier.
pub(crate) fn by_fingerprint(fingerprint: Fingerprint) -> Option<&'static Site> {
    static BY_FINGERPRINT: LazyLock<HashMap<Fingerprint, &'static Site>> =
        LazyLock::new(|| SITES.iter().map(|site| (site.fingerprint(), site)).collect());
    BY_FINGERPRINT.get(&fingerprint).copied()
}

impl Site {
    /// A site that stands where this is called, whose answers never expire, with the default capacity.
    #[track_caller]
    pub const fn new(name: &'static str, function: &'static str, signature: &'static str) -> Self {
        let place = Location::caller();
        Self {
            name,
            function,
            signature,
            file: place.file(),
            line: place.line(),
            version: 0,
            ttl: None,
            capacity: None,
            backend: None,
            local: false,
            declared: false,
        }
    }

    /// As if it stood there.
    #[cfg(test)]
    pub(crate) const fn at(self, file: &'static str, line: u32) -> Self {
        Self { file, line, ..self }
    }

    /// How long an answer stays fresh.
    #[must_use]
    pub const fn ttl_millis(self, millis: u64) -> Self {
        Self { ttl: Some(Duration::from_millis(millis)), ..self }
    }

    /// The most entries in memory.
    #[must_use]
    pub const fn capacity(self, capacity: u64) -> Self {
        Self { capacity: Some(capacity), ..self }
    }

    /// Where entries are kept.
    #[must_use]
    pub const fn backend(self, backend: Backend) -> Self {
        Self { backend: Some(backend), ..self }
    }

    /// Entries stay in memory, whatever is configured.
    #[must_use]
    pub const fn local(self) -> Self {
        Self { local: true, ..self }
    }

    /// A declared cache, whoever fills it.
    #[must_use]
    pub const fn declared(self) -> Self {
        Self { declared: true, ..self }
    }

    /// The version of the answers' meaning, set by the author: another one never meets the entries of this one.
    #[must_use]
    pub const fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// `src/orders.rs:12`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let function = if self.declared { "" } else { self.function };
        Fingerprint::of(&[self.name, function, self.signature], self.version)
    }

    /// The position in [`SITES`], by which a registry finds what belongs to this site without a search.
    #[inline]
    pub(crate) fn index(&self) -> usize {
        (std::ptr::from_ref(self).addr() - SITES.as_ptr().addr()) / size_of::<Self>()
    }
}
