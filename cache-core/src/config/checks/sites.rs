//! Checks that compare call sites: two of one declared cache must agree, and no two may share a
//! variable.

use std::collections::{BTreeMap, HashMap};

use cachery_syntax::{Field, Support, variable_of};

use crate::{
    error::{Fault, FaultKind},
    site::Site,
};

/// Returns all faults between `sites`. `names` are the names of their caches, sorted.
pub(crate) fn check(sites: &[Site], names: &[&'static str]) -> Vec<Fault> {
    let mut faults = duplicate_identities(sites);
    faults.extend(names_of_two_kinds(sites));
    faults.extend(ambiguous_names(names));
    faults
}

/// Finds functions that nothing tells apart: those of one written name, and without one such as
/// methods of one name in two impls of a module.
fn duplicate_identities(sites: &[Site]) -> Vec<Fault> {
    let mut alike: BTreeMap<_, Vec<&Site>> = BTreeMap::new();
    for site in sites.iter().filter(|site| site.declared || !is_declared(site.name, sites)) {
        alike.entry(site.known_by()).or_default().push(site);
    }
    alike.values().filter_map(|sites| duplicate(sites)).collect()
}

/// Returns the fault of sites of one identity, if there are several.
fn duplicate(sites: &[&Site]) -> Option<Fault> {
    let [others @ .., last] = sites else { return None };
    let (count, remedy) = match others.len() {
        0 => return None,
        1 => ("two".to_owned(), "give one of them another `name`"),
        2 => ("three".to_owned(), "give each a `name` of its own"),
        n => ((n + 1).to_string(), "give each a `name` of its own"),
    };
    let others: Vec<_> = others.iter().map(|site| site.place()).collect();
    let places = format!("{} and {}", others.join(", "), last.place());
    let Site { name, function, .. } = last;
    let message = if last.declared {
        format!(
            "{places}: {count} caches are declared as `{name}`, and a declared cache is identified by its \
             name alone; {remedy}"
        )
    } else if last.named {
        format!(
            "{places}: {count} functions are cached as `{name}`, and a name that is written identifies one \
             cache; {remedy}"
        )
    } else {
        format!(
            "{places}: {count} functions `{function}` are cached as `{name}`, and nothing tells them apart; \
             {remedy}"
        )
    };
    Some(Fault::new(FaultKind::DuplicateIdentity, message))
}

fn is_declared(name: &str, sites: &[Site]) -> bool {
    sites.iter().any(|site| site.declared && site.name == name)
}

/// Finds functions with a cache of their own under the name of a declared cache.
fn names_of_two_kinds(sites: &[Site]) -> Vec<Fault> {
    let declared = sites.iter().filter(|site| site.declared);
    let inline = |name| sites.iter().find(move |site| !site.declared && site.name == name);
    let both = declared.filter_map(|declared| Some((declared, inline(declared.name)?)));
    let fault = |(declared, inline): (&Site, &Site)| {
        let message = format!(
            "{} and {}: `{}` is a declared cache, and the function `{}` has one of its own under that name; \
             cache the function in the declared one by `#[cached(cache = ..)]`, or give it another `name`",
            declared.place(),
            inline.place(),
            declared.name,
            inline.function,
        );
        Fault::new(FaultKind::DuplicateIdentity, message)
    };
    both.map(fault).collect()
}

/// Finds names that share a variable, also by a field of a later version.
fn ambiguous_names(names: &[&'static str]) -> Vec<Fault> {
    let mut meanings: HashMap<String, (&str, &str)> = HashMap::new();
    let mut faults = Vec::new();
    for name in names {
        let fields = Field::ALL.into_iter().filter(|field| field.variable != Support::Never);
        let shared = fields.filter_map(|field| {
            let variable = variable_of(name, field.name);
            let other = meanings.insert(variable.clone(), (name, field.name))?;
            Some(shared_variable(&variable, other, (name, field.name)))
        });
        // One is enough: names that share one variable share several.
        let shared: Vec<_> = shared.collect();
        faults.extend(shared.into_iter().next());
    }
    faults
}

fn shared_variable(variable: &str, first: (&str, &str), second: (&str, &str)) -> Fault {
    let message = format!(
        "the caches `{}` and `{}` would share a variable: {variable} would set `{}` of the one and `{}` of \
         the other; give one of them another `name`",
        first.0, second.0, first.1, second.1
    );
    Fault::new(FaultKind::AmbiguousName, message)
}
