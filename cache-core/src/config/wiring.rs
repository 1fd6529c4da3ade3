//! What the call sites of a program must not be to one another.

use std::collections::{BTreeMap, HashMap};

use super::{fields::CACHE, names};
use crate::{
    error::{Fault, FaultKind},
    site::Site,
};

/// All faults between call sites.
pub(super) fn check(sites: &[Site]) -> Vec<Fault> {
    let mut faults = duplicate_identities(sites);
    faults.extend(names_of_two_kinds(sites));
    faults.extend(ambiguous_names(&names(sites)));
    faults
}

/// Functions that nothing tells apart: methods of one name in two impls of a module, say.
fn duplicate_identities(sites: &[Site]) -> Vec<Fault> {
    let mut alike: BTreeMap<(&str, &str), Vec<&Site>> = BTreeMap::new();
    for site in sites {
        let function = if site.declared { "" } else { site.function };
        alike.entry((site.name, function)).or_default().push(site);
    }
    alike.values().filter_map(|sites| duplicate(sites)).collect()
}

/// The fault of sites of one identity, if there are several.
fn duplicate(sites: &[&Site]) -> Option<Fault> {
    let [first @ .., last] = sites else { return None };
    let (count, remedy) = match first.len() {
        0 => return None,
        1 => ("two".to_owned(), "give one of them another `name`"),
        2 => ("three".to_owned(), "give each a `name` of its own"),
        n => ((n + 1).to_string(), "give each a `name` of its own"),
    };
    let first: Vec<_> = first.iter().map(|site| site.place()).collect();
    if last.declared {
        let (first, last, name) = (first.join(", "), last.place(), last.name);
        let message = format!(
            "{first} and {last}: {count} caches are declared as `{name}`, and the name is all that a declared cache is known by; {remedy}"
        );
        return Some(Fault::new(FaultKind::DuplicateIdentity, message));
    }
    let message = format!(
        "{} and {}: {count} functions `{}` are cached as `{}`, and nothing tells them apart; {remedy}",
        first.join(", "),
        last.place(),
        last.function,
        last.name,
    );
    Some(Fault::new(FaultKind::DuplicateIdentity, message))
}

/// A declared cache is all that its name means: no function has another one of it.
fn names_of_two_kinds(sites: &[Site]) -> Vec<Fault> {
    let declared = sites.iter().filter(|site| site.declared);
    let inline = |name| sites.iter().find(move |site| !site.declared && site.name == name);
    let both = declared.filter_map(|declared| Some((declared, inline(declared.name)?)));
    let fault = |(declared, inline): (&Site, &Site)| {
        let message = format!(
            "{} and {}: `{}` is a declared cache, and the function `{}` has one of its own under that name; cache the function in \
             the declared one by `#[cached(cache = ..)]`, or give it another `name`",
            declared.place(),
            inline.place(),
            declared.name,
            inline.function,
        );
        Fault::new(FaultKind::DuplicateIdentity, message)
    };
    both.map(fault).collect()
}

/// Two names that share a variable.
fn ambiguous_names(names: &[&'static str]) -> Vec<Fault> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    let mut faults = Vec::new();
    for name in names {
        let taken = CACHE.iter().find_map(|field| {
            let variable = field.variable_of(name);
            owners.insert(variable.clone(), name).map(|other| (other, variable))
        });
        if let Some((other, variable)) = taken {
            let message = format!(
                "the caches `{other}` and `{name}` would both be set by {variable}; give one of them another `name`"
            );
            faults.push(Fault::new(FaultKind::AmbiguousName, message));
        }
    }
    faults
}
