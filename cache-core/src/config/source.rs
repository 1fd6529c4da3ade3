//! The origin of settings, for messages and for the order in which settings win.

use std::{fmt, sync::Arc};

use cachery_syntax::{nearest, shown_name};

use super::fields::{Field, Settings};
use crate::error::{Fault, FaultKind};

/// The origin of a setting. Its text begins every message about the setting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Builder,
    /// A variable, by its name.
    Variable(String),
    /// A place in a file: `cache.toml:12 [cache.users]`.
    File(Arc<str>),
    /// An attribute, by the place of its function.
    Attribute(String),
    /// A declaration, by the place of its `caches!`.
    Declaration(String),
}

impl Source {
    /// Returns the fault of a value that `field` cannot have. The name of a variable tells its
    /// field.
    pub(super) fn refuses(&self, field: &str, why: &str) -> Fault {
        match self {
            Self::File(place) => Fault::of_setting(&format!("{place} {field}"), why),
            _ => Fault::of_setting(self, why),
        }
    }

    /// Returns the fault of a field that cannot be set for all caches. `instead` sets it for one.
    pub(super) fn refuses_for_all(&self, field: &str, instead: &str) -> Fault {
        let why = format!(
            "a {field} for all caches has no effect, because every attribute states its own; use {instead}"
        );
        self.refuses(field, &why)
    }

    /// Returns the fault of settings for the cache `name`, which is not among `caches`.
    pub(super) fn unknown_cache(&self, name: &str, caches: &[&str]) -> Fault {
        let hint = match nearest(name, caches.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if caches.is_empty() => {
                "no cached function is linked into this program; a program, also one of tests, links the \
                 crate that has them when it names it, as in `use my_service as _;`"
                    .to_owned()
            }
            None => format!("the caches of this program are {}", caches.join(", ")),
        };
        let message = format!("{self}: unknown cache `{}`: {hint}", shown_name(name));
        Fault::new(FaultKind::UnknownCache, message)
    }

    /// Returns the source for a table of settings: the place of an attribute is known there
    /// already.
    pub(super) fn in_table(&self) -> String {
        match self {
            Self::Attribute(_) => "the attribute".to_owned(),
            Self::Declaration(_) => "the declaration".to_owned(),
            source => source.to_string(),
        }
    }

    /// Tells whether the setting stands in the code beside the function.
    pub(super) fn is_code(&self) -> bool {
        matches!(self, Self::Attribute(_) | Self::Declaration(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Builder => "builder",
            Self::Variable(text) | Self::Attribute(text) | Self::Declaration(text) => text,
            Self::File(text) => text,
        })
    }
}

/// Settings with their origin. A builder or an attribute sets many fields, a variable or a line of
/// a file one.
#[derive(Clone, Debug)]
pub(crate) struct Sourced<S> {
    pub(super) source: Source,
    pub(super) settings: S,
}

impl<S: Settings> Sourced<S> {
    /// Reads the value `text` of `field`. A wrong value becomes a fault.
    pub(super) fn read(
        source: Source,
        field: &Field<S>,
        text: &str,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        match (field.read)(text) {
            Ok(settings) => Some(Self { source, settings }),
            Err(why) => {
                faults.push(source.refuses(field.name, &why));
                None
            }
        }
    }
}
