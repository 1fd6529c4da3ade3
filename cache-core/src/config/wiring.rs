//! What the call sites of a program must not be to one another.

use std::collections::HashMap;

use super::{
    names,
    variables::{FIELDS, variable},
};
use crate::{
    error::{Fault, FaultKind},
    site::Site,
};

/// All faults between call sites.
pub(super) fn check(sites: &[Site]) -> Vec<Fault> {
    let mut faults = duplicate_identities(sites);
    faults.extend(ambiguous_names(&names(sites)));
    faults
}

/// Two functions that nothing tells apart: methods of one name in two impls of a module, say.
fn duplicate_identities(sites: &[Site]) -> Vec<Fault> {
    let mut seen: HashMap<(&str, &str), &Site> = HashMap::new();
    let mut faults = Vec::new();
    for site in sites {
        if let Some(first) = seen.insert((site.name, site.function), site) {
            let message = format!(
                "{} and {}: two functions `{}` are cached as `{}`, and nothing tells them apart; give one of them \
                 another `name`",
                first.place(),
                site.place(),
                site.function,
                site.name,
            );
            faults.push(Fault::new(FaultKind::DuplicateIdentity, message));
        }
    }
    faults
}

/// Two names that share a variable.
fn ambiguous_names(names: &[&'static str]) -> Vec<Fault> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    let mut faults = Vec::new();
    for name in names {
        let taken = FIELDS.iter().find_map(|field| {
            let variable = variable(name, field);
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
