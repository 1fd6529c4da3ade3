//! Variables that nobody knows: slips, and those of other programs.

use std::fmt;

use cachery_syntax::shown_name;

use super::{
    fields::CACHE,
    variables::{self, FOR_ALL, Variables},
};
use crate::error::{Fault, FaultKind};

/// The most names that the warning lists.
const MOST: usize = 20;

/// Variables like nobody's. They harm nothing; shown, they are one line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Strangers(Vec<String>);

impl Strangers {
    /// Those of `variables` that are neither known nor `external`. One within two letters of a known name is a fault, and one that
    /// names a field that caches do not have; where it is `strict`, so is each of the others.
    pub(super) fn among(
        variables: &Variables,
        caches: &[&str],
        external: &[String],
        strict: bool,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let (unknown, known) = variables.unknown(caches);
        let mut strangers = Vec::new();
        for name in unknown.into_iter().filter(|name| !external.iter().any(|listed| listed == name)) {
            if let Some(near) = cachery_syntax::misspelt(name, known.iter().map(String::as_str)) {
                faults.push(misspelt(name, near));
            } else if let Some(cache) = variables::owner(name, caches) {
                faults.push(no_field(name, cache));
            } else if strict {
                faults.push(unwelcome(name));
            } else {
                strangers.push(shown_name(name));
            }
        }
        Self(strangers)
    }

    /// Says so in one line, if there are any.
    pub(crate) fn warn(&self) {
        if !self.0.is_empty() {
            tracing::warn!("{self}");
        }
    }
}

fn misspelt(name: &str, near: &str) -> Fault {
    let message = format!(
        "{}: there is no such setting: did you mean {near}? (if it is for another program, list it in CACHE_EXTERNAL)",
        shown_name(name)
    );
    Fault::new(FaultKind::UnknownName, message)
}

fn no_field(name: &str, cache: &str) -> Fault {
    let fields: Vec<_> = CACHE.iter().map(|field| field.name).collect();
    let message = format!(
        "{}: there is no such field of {}: there are {} (if it is for another program, list it in CACHE_EXTERNAL)",
        shown_name(name),
        if cache == FOR_ALL { "caches".to_owned() } else { format!("the cache `{cache}`") },
        fields.join(", ")
    );
    Fault::new(FaultKind::UnknownName, message)
}

fn unwelcome(name: &str) -> Fault {
    let message = format!(
        "{}: there is no such setting and no such cache: unset it, or list it in CACHE_EXTERNAL if it is for another program",
        shown_name(name)
    );
    Fault::new(FaultKind::UnknownName, message)
}

impl fmt::Display for Strangers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(MOST));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        write!(
            f,
            "no setting and no cache of this program has the name {}{more}: mend the name, or list it in CACHE_EXTERNAL if it \
             is for another program",
            shown.join(", ")
        )
    }
}
