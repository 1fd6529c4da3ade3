//! Settings that a function cannot follow, because of its types.

use cachery_syntax::Budget;

use super::super::{
    fields::{CacheSettings, Policy},
    merge::Layers,
};
use crate::{error::Fault, site::Site};

/// A setting that needs something of a function.
struct Ability {
    field: &'static str,
    is_set: fn(&CacheSettings) -> bool,
    /// Tells whether the function of a site has what is needed.
    can: fn(&Site) -> bool,
    /// The rest of a sentence that begins with the function and its place.
    lacks: &'static str,
    /// Takes the setting out of a policy.
    unset: fn(&mut Policy),
}

const ABILITIES: [Ability; 6] = [
    Ability {
        field: "max_bytes",
        is_set: |settings| settings.max_bytes.is_some(),
        can: Site::is_weighed,
        lacks: "have no known size: write `weigh = |value| ..` there, or bound the cache by `capacity`",
        unset: |policy| policy.max_bytes = None,
    },
    Ability {
        field: "none_ttl",
        is_set: |settings| settings.none_ttl.is_some(),
        can: |site| site.abilities.optional,
        lacks: "are not an `Option`, so none of them is `None`",
        unset: |policy| policy.none_ttl = None,
    },
    Ability {
        field: "err_ttl",
        is_set: |settings| settings.err_ttl.is_some(),
        can: |site| site.abilities.errors,
        lacks: "come without errors that are kept: write `err_ttl` in the attribute there, too",
        unset: |policy| policy.err_ttl = None,
    },
    Ability {
        field: "load_timeout",
        is_set: |settings| settings.load_timeout.is_some(),
        can: Site::ends_loads,
        lacks: "come from loads that have no error for it: write `load_timeout = \"off\"` in the attribute \
                there, which checks that the error is made of a `cachery::Timeout`",
        unset: |policy| policy.load_timeout = None,
    },
    Ability {
        field: "soft_timeout",
        is_set: |settings| settings.soft_timeout.is_some(),
        can: Site::is_detached,
        lacks: "come from loads that end with their callers: write `detach` there",
        unset: |policy| policy.soft_timeout = None,
    },
    Ability {
        field: "budget",
        is_set: |settings| settings.budget.is_some(),
        can: Site::refuses_loads,
        lacks: "come from loads that have no error for it: write `budget = \"off\"` beside `cost` in the \
                attribute there, which checks that the error is made of a `cachery::OverBudget`",
        unset: |policy| policy.budget = Budget::Off,
    },
];

/// Returns a fault for each source that sets for a cache by name what a function of it cannot
/// follow. A value for all caches passes over such functions.
pub(crate) fn check(layers: &Layers, sites: &[Site]) -> Vec<Fault> {
    let lacking = ABILITIES.iter().flat_map(|ability| {
        sites.iter().filter(|site| !(ability.can)(site)).map(move |site| (ability, site))
    });
    let faults = lacking.flat_map(|(ability, site)| {
        let own = layers.cache(site.name).filter(|sourced| (ability.is_set)(&sourced.settings));
        own.map(|sourced| {
            let why =
                format!("the values of `{}` ({}) {}", site.function, site.place(), ability.lacks);
            sourced.source.refuses(ability.field, &why)
        })
    });
    faults.collect()
}

/// Takes out of `policy` what the function of `site` cannot follow.
pub(crate) fn restrict(policy: &mut Policy, site: &Site) {
    ABILITIES.iter().filter(|ability| !(ability.can)(site)).for_each(|it| (it.unset)(policy));
}

/// Tells whether the function of `site` can follow the setting `field`.
pub(crate) fn follows(site: &Site, field: &str) -> bool {
    ABILITIES.iter().all(|ability| ability.field != field || (ability.can)(site))
}
