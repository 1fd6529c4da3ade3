//! Variables of unknown names: misspelt ones, and those of other programs.

use std::fmt;

use cachery_syntax::{shown_name, variable_of, variable_stem};

use super::super::{
    fields::{CacheSettings, ProgramPolicy, Settings},
    reserved,
    source::Source,
    sources::{FOR_ALL, Variables, meant, name_and_field, owner},
};
use crate::{
    error::{Fault, FaultKind},
    site::Site,
};

/// The most names that the warning lists.
const MOST_LISTED: usize = 20;

/// Fewer letters at the beginning of two names say nothing.
const LEAST_ALIKE: usize = 4;

/// The way out for a variable that another program reads.
const EXTERNAL: &str = "(if it is for another program, list it in CACHE_EXTERNAL)";

/// The `CACHE_…` variables that no setting has and that are like none.
#[derive(Debug, Default)]
pub(crate) struct UnknownVariables {
    /// Notes about natural slips, each with the name that is meant.
    slips: Vec<String>,
    others: Vec<String>,
}

impl UnknownVariables {
    /// Returns those of `variables` that are neither known nor external. A name within two letters
    /// of a known one becomes a fault, and so does an unknown field of a cache; in a strict
    /// program, so does each of the others.
    pub(crate) fn find(
        variables: &Variables,
        caches: &[&str],
        sites: &[Site],
        program: &ProgramPolicy,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let (unknown, known) = variables.unknown(caches);
        let is_external = |name: &&str| program.external.iter().any(|listed| listed == name);
        let mut found = Self::default();
        for name in unknown.into_iter().filter(|name| !is_external(name)) {
            if let Some(fault) = reserved_name(name, caches) {
                faults.push(fault);
            } else if let Some(near) =
                cachery_syntax::misspelt(name, known.iter().map(String::as_str))
            {
                faults.push(misspelt(name, near));
            } else if let Some((cache, _)) = owner(name, caches) {
                faults.push(unknown_field(name, cache));
            } else if let Some(meant) = meant(name).filter(|_| !program.strict) {
                found.slips.push(slip(name, meant));
            } else if let Some(near) = near_cache(name, sites) {
                // It may be another program's, whose cache has a name like ours.
                if program.strict {
                    faults.push(misspelt(name, &near));
                } else {
                    found.slips.push(slip(name, &near));
                }
            } else if program.strict {
                faults.push(unknown_name(name));
            } else {
                found.others.push(shown_name(name));
            }
        }
        found
    }

    /// Returns the notes about the variables: one about each slip, and one about all others.
    pub(crate) fn notes(&self) -> Vec<String> {
        let others = (!self.others.is_empty()).then(|| self.to_string());
        self.slips.iter().cloned().chain(others).collect()
    }
}

/// Returns the fault of a variable that is reserved for a later version, or of one that sets a
/// reserved field.
fn reserved_name(name: &str, caches: &[&str]) -> Option<Fault> {
    let word = match owner(name, caches) {
        _ if reserved::is_variable(name) => name.to_owned(),
        Some((_, field)) if reserved::is_field(&field) => field,
        _ => return None,
    };
    let source = Source::Variable(shown_name(name));
    Some(reserved::fault(&source, &word, &format!("unset it {EXTERNAL}")))
}

/// Returns the variable that is meant by one that has the field of a cache and in place of the cache's
/// name that of its function, or one that begins or goes on alike.
fn near_cache(name: &str, sites: &[Site]) -> Option<String> {
    let (given, field) = name_and_field(name)?;
    let given = variable_stem(&given);
    let function = |site: &Site| site.function.rsplit("::").next().map(variable_stem);
    let of_function = sites.iter().find(|site| function(site).as_ref() == Some(&given));
    let is_alike = |site: &&Site| are_alike(&variable_stem(site.name), &given);
    let site = of_function.or_else(|| sites.iter().find(is_alike))?;
    Some(variable_of(site.name, field))
}

/// Tells whether the longer of two names has at least half of its letters at its beginning in common
/// with the other, as `TRANSLATION` and `TRANSLATE` have.
fn are_alike(one: &str, other: &str) -> bool {
    let common = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    common >= LEAST_ALIKE && 2 * common >= one.len().max(other.len())
}

fn misspelt(name: &str, near: &str) -> Fault {
    let name = shown_name(name);
    let message = format!("{name}: unknown setting: did you mean {near}? {EXTERNAL}");
    Fault::new(FaultKind::UnknownName, message)
}

/// Returns the note about the variable `name`, which stands in place of `meant`.
fn slip(name: &str, meant: &str) -> String {
    format!("{name}: no setting has this name, and it is ignored: did you mean {meant}? {EXTERNAL}")
}

fn unknown_field(name: &str, cache: &str) -> Fault {
    let name = shown_name(name);
    let owner = if cache == FOR_ALL { "caches".to_owned() } else { format!("the cache `{cache}`") };
    let fields: Vec<_> = CacheSettings::FIELDS.iter().map(|field| field.name).collect();
    let fields = fields.join(", ");
    let message = format!("{name}: unknown field of {owner}: the fields are {fields} {EXTERNAL}");
    Fault::new(FaultKind::UnknownName, message)
}

fn unknown_name(name: &str) -> Fault {
    let name = shown_name(name);
    let message = format!(
        "{name}: unknown name of a setting or a cache: unset it, or list it in CACHE_EXTERNAL if it \
         is for another program"
    );
    Fault::new(FaultKind::UnknownName, message)
}

/// Writes one line that names the others.
impl fmt::Display for UnknownVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.others.split_at(self.others.len().min(MOST_LISTED));
        let more =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        write!(
            f,
            "no setting and no cache of this program has the name {}{more}: correct the name, or list it in \
             CACHE_EXTERNAL if it is for another program",
            shown.join(", ")
        )
    }
}
