//! Call sites: one descriptor for each `#[cached]` function, known before its first call.

mod alike;
mod key_parts;

use std::{
    collections::{BTreeMap, HashMap},
    panic::Location,
    sync::LazyLock,
    time::Duration,
};

use cachery_syntax::{Backend, Budget, Engine, Eviction, Refresh, Window};
use linkme::distributed_slice;

use crate::{identity::Identity, money, weigh::Weigh};

/// The descriptor of one cached function, with the settings of its attribute. A `static`, built by
/// const functions.
#[derive(Debug)]
pub struct Site {
    pub(crate) name: &'static str,
    /// Crate, modules and function: `shop::orders::get`.
    pub(crate) function: &'static str,
    /// The types that form the key, as written: `(tenant:u64,text:&str)`.
    pub(crate) key: &'static str,
    /// The type of the value, as written.
    pub(crate) value: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) version: u32,
    pub(crate) ttl: Option<Duration>,
    pub(crate) capacity: Option<u64>,
    pub(crate) backend: Option<Backend>,
    pub(crate) engine: Option<Engine>,
    pub(crate) eviction: Option<Eviction>,
    pub(crate) max_bytes: Option<u64>,
    /// Returns how a value is weighed; `None` where the attribute does not tell, nor the type.
    pub(crate) weigh: fn() -> Option<Weigh>,
    pub(crate) stale: Option<Duration>,
    pub(crate) stale_if_error: Option<Duration>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) none_ttl: Option<Duration>,
    pub(crate) err_ttl: Option<Duration>,
    pub(crate) memory_ttl: Option<Duration>,
    pub(crate) abilities: Abilities,
    pub(crate) load_timeout: Option<Duration>,
    pub(crate) soft_timeout: Option<Duration>,
    pub(crate) budget: Option<Budget>,
    /// The cost of each load in nano-units, where a site with a budget has a fixed one.
    pub(crate) cost: Option<u64>,
    /// `true` for values that need not be serialisable: no setting can take them out of memory.
    pub(crate) local: bool,
    parts: Parts,
    /// `true` where the name was written: it is the cache's identity.
    pub(crate) named: bool,
    /// `true` for a declared cache: `function` is its declaration.
    pub(crate) declared: bool,
}

/// The parts of a site's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parts {
    /// The parameters in the text of the key, as they are.
    OnlyParams,
    /// Expressions, types or constants, too.
    Others,
}

/// The abilities of a function that settings may need.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub(crate) struct Abilities {
    /// `true` where the values are `Option`s.
    pub(crate) optional: bool,
    /// `true` where errors can be kept.
    pub(crate) errors: bool,
    /// `true` where a load that is ended has something to return.
    ends_loads: bool,
    /// `true` where loads run in tasks of their own.
    detached: bool,
    /// `true` where a load that is refused has something to return.
    refuses_loads: bool,
}

/// All call sites of this program.
#[distributed_slice]
pub static SITES: [Site];

/// Makes the descriptor of a call site, a plain static in the list of all sites, and returns a
/// reference to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($new:ident: $name:literal, $function:literal, $key:literal, $value:literal; $($policy:tt)*) => {{
        #[$crate::__private::linkme::distributed_slice($crate::__private::SITES)]
        #[linkme(crate = $crate::__private::linkme)]
        static SITE: $crate::__private::Site = $crate::__private::Site::$new(
            $name,
            ::core::concat!(::core::module_path!(), $function),
            $key,
            $value,
        )
        $($policy)*;
        &SITE
    }};
}

/// Returns all call sites by the names of their caches, in order of name.
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

/// Returns the call sites called `name`, by their places.
pub(crate) fn named(name: &str) -> &'static [&'static Site] {
    by_name().get(name).map_or(&[], Vec::as_slice)
}

/// Returns the call sites whose keys carry `identity` in a remote tier.
pub(crate) fn by_identity(identity: Identity) -> &'static [&'static Site] {
    static BY_IDENTITY: LazyLock<HashMap<Identity, Vec<&'static Site>>> = LazyLock::new(|| {
        let mut sites = HashMap::<_, Vec<_>>::new();
        for site in SITES {
            sites.entry(site.identity()).or_default().push(site);
        }
        sites
    });
    BY_IDENTITY.get(&identity).map_or(&[], Vec::as_slice)
}

impl Site {
    /// Creates a site at the place of this call, with a name that was written. Its values never
    /// expire, and its capacity is the default.
    #[track_caller]
    pub const fn named(
        name: &'static str,
        function: &'static str,
        key: &'static str,
        value: &'static str,
    ) -> Self {
        Self { named: true, ..Self::new(name, function, key, value) }
    }

    /// Creates a site as [`named`](Self::named) does, with the name of the function.
    #[track_caller]
    pub const fn new(
        name: &'static str,
        function: &'static str,
        key: &'static str,
        value: &'static str,
    ) -> Self {
        let place = Location::caller();
        Self {
            name,
            function,
            key,
            value,
            file: place.file(),
            line: place.line(),
            version: 0,
            ttl: None,
            capacity: None,
            backend: None,
            engine: None,
            eviction: None,
            max_bytes: None,
            weigh: || None,
            stale: None,
            stale_if_error: None,
            retry_after: None,
            refresh: None,
            none_ttl: None,
            err_ttl: None,
            memory_ttl: None,
            abilities: Abilities {
                optional: false,
                errors: false,
                ends_loads: false,
                detached: false,
                refuses_loads: false,
            },
            load_timeout: None,
            soft_timeout: None,
            budget: None,
            cost: None,
            local: false,
            parts: Parts::Others,
            named: false,
            declared: false,
        }
    }

    /// Creates a site as [`new`](Self::new) does, whose key consists of its parameters alone.
    #[track_caller]
    pub const fn of_params(
        name: &'static str,
        function: &'static str,
        key: &'static str,
        value: &'static str,
    ) -> Self {
        Self { parts: Parts::OnlyParams, ..Self::new(name, function, key, value) }
    }

    /// Creates a site as [`named`](Self::named) does, whose key consists of its parameters alone.
    #[track_caller]
    pub const fn named_of_params(
        name: &'static str,
        function: &'static str,
        key: &'static str,
        value: &'static str,
    ) -> Self {
        Self { named: true, ..Self::of_params(name, function, key, value) }
    }

    /// Notes that a load that is ended has something to return.
    pub(crate) const fn ending_loads(self) -> Self {
        Self { abilities: Abilities { ends_loads: true, ..self.abilities }, ..self }
    }

    /// Moves the site to another place.
    #[cfg(test)]
    pub(crate) const fn at(self, file: &'static str, line: u32) -> Self {
        Self { file, line, ..self }
    }

    /// Sets the time for which a value stays fresh, in milliseconds.
    #[must_use]
    pub const fn ttl_millis(self, millis: u64) -> Self {
        Self { ttl: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the most entries in memory.
    #[must_use]
    pub const fn capacity(self, capacity: u64) -> Self {
        Self { capacity: Some(capacity), ..self }
    }

    /// Sets the place where entries are kept.
    #[must_use]
    pub const fn backend(self, backend: Backend) -> Self {
        Self { backend: Some(backend), ..self }
    }

    /// Sets the engine that keeps entries in memory.
    #[must_use]
    pub const fn engine(self, engine: Engine) -> Self {
        Self { engine: Some(engine), ..self }
    }

    /// Sets the rule by which the engine evicts.
    #[must_use]
    pub const fn eviction(self, eviction: Eviction) -> Self {
        Self { eviction: Some(eviction), ..self }
    }

    /// Sets the most bytes in memory.
    #[must_use]
    pub const fn max_bytes(self, bytes: u64) -> Self {
        Self { max_bytes: Some(bytes), ..self }
    }

    /// Sets how a value is weighed.
    #[must_use]
    pub const fn weigh(self, weigh: fn() -> Option<Weigh>) -> Self {
        Self { weigh, ..self }
    }

    /// Sets the time after the ttl for which a value is returned while a new one is loaded, in
    /// milliseconds.
    #[must_use]
    pub const fn stale_millis(self, millis: u64) -> Self {
        Self { stale: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the time after the ttl for which a value is returned when its load fails, in
    /// milliseconds.
    #[must_use]
    pub const fn stale_if_error_millis(self, millis: u64) -> Self {
        Self { stale_if_error: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the time after a failed load before the next one, in milliseconds.
    #[must_use]
    pub const fn retry_after_millis(self, millis: u64) -> Self {
        Self { retry_after: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the moment from which a value is refreshed before its ttl ends.
    #[must_use]
    pub const fn refresh(self, refresh: Refresh) -> Self {
        Self { refresh: Some(refresh), ..self }
    }

    /// Sets the life of a `None`, in milliseconds.
    #[must_use]
    pub const fn none_ttl_millis(self, millis: u64) -> Self {
        Self { none_ttl: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the time for which memory keeps an error, in milliseconds.
    #[must_use]
    pub const fn err_ttl_millis(self, millis: u64) -> Self {
        Self { err_ttl: Some(Duration::from_millis(millis)), ..self }.keeping_errors()
    }

    /// Notes that errors can be kept.
    #[must_use]
    pub const fn keeping_errors(self) -> Self {
        Self { abilities: Abilities { errors: true, ..self.abilities }, ..self }
    }

    /// Sets the time for which the memory of a tiered cache keeps a value, in milliseconds.
    #[must_use]
    pub const fn memory_ttl_millis(self, millis: u64) -> Self {
        Self { memory_ttl: Some(Duration::from_millis(millis)), ..self }
    }

    /// Notes that the values are `Option`s.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { abilities: Abilities { optional: true, ..self.abilities }, ..self }
    }

    /// Sets the time after which a load is ended, in milliseconds; zero for none. The function can
    /// return an error then.
    #[must_use]
    pub const fn load_timeout_millis(self, millis: u64) -> Self {
        let load_timeout = Some(Duration::from_millis(millis));
        Self { load_timeout, ..self.ending_loads() }
    }

    /// Sets the time after which a call returns a usable value while its load goes on, in
    /// milliseconds; zero for none.
    #[must_use]
    pub const fn soft_timeout_millis(self, millis: u64) -> Self {
        Self { soft_timeout: Some(Duration::from_millis(millis)), ..self }
    }

    /// Notes that loads run in tasks of their own.
    #[must_use]
    pub const fn detached(self) -> Self {
        Self { abilities: Abilities { detached: true, ..self.abilities }, ..self }
    }

    /// Sets the most that loads may cost in each window, in nano-units. The function can return an
    /// error where a load is refused.
    #[must_use]
    pub const fn budget(self, nanos: u64, window: Window) -> Self {
        Self { budget: Some(Budget::of_nanos(nanos, window)), ..self.refusing_loads() }
    }

    /// Sets no budget, for a function that can return an error where a load is refused.
    #[must_use]
    pub const fn no_budget(self) -> Self {
        Self { budget: Some(Budget::Off), ..self.refusing_loads() }
    }

    /// Sets the cost of each load in units, for its budget.
    #[must_use]
    pub const fn cost(self, units: f64) -> Self {
        Self { cost: money::nanos(units), ..self }
    }

    /// Notes that a load that is refused has something to return.
    pub(crate) const fn refusing_loads(self) -> Self {
        Self { abilities: Abilities { refuses_loads: true, ..self.abilities }, ..self }
    }

    /// Keeps entries in memory, whatever is configured.
    #[must_use]
    pub const fn local(self) -> Self {
        Self { local: true, ..self }
    }

    /// Makes it the site of a declared cache.
    #[must_use]
    pub const fn declared(self) -> Self {
        Self { named: true, declared: true, ..self }
    }

    /// Sets the version of the values' meaning. A site of another version never reads the entries
    /// of this one.
    #[must_use]
    pub const fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// Tells whether a load can be ended, because its call has something to return. Each function of
    /// a declared cache is its own case, and is looked at when it is called.
    pub(crate) fn ends_loads(&self) -> bool {
        self.abilities.ends_loads || self.declared
    }

    /// Tells whether loads can run in tasks of their own.
    pub(crate) fn is_detached(&self) -> bool {
        self.abilities.detached || self.declared
    }

    /// Tells whether a load can be refused, because its call has something to return.
    pub(crate) fn refuses_loads(&self) -> bool {
        self.abilities.refuses_loads
    }

    /// Tells whether values can be weighed.
    pub(crate) fn is_weighed(&self) -> bool {
        (self.weigh)().is_some()
    }

    /// Returns file and line: `src/orders.rs:12`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// Returns the position in [`SITES`], by which a registry finds the cache of this site without
    /// a search.
    pub(crate) fn index(&self) -> usize {
        self.index_in(&SITES)
    }

    /// Returns the position in `sites`, which are [`SITES`].
    #[inline]
    pub(crate) fn index_in(&self, sites: &[Self]) -> usize {
        (std::ptr::from_ref(self).addr() - sites.as_ptr().addr()) / size_of::<Self>()
    }
}
