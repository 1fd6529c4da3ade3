//! Who says what.

use std::{fmt, sync::Arc};

use super::settings::Settings;

/// Who says something. Shown, it is what a message about it begins with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Builder,
    /// By its name.
    Variable(String),
    /// `cache.toml:12 [cache.users]`.
    File(Arc<str>),
    /// The place of the function.
    Attribute(String),
    /// The place of the `caches!`.
    Declaration(String),
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

/// What one source says: a builder or an attribute many things, a variable and a line of a file one.
#[derive(Clone, Debug)]
pub(crate) struct Said<S> {
    pub(super) source: Source,
    pub(super) settings: S,
}

/// What `said` comes to, the strongest first.
pub(super) fn sum<'a, S: Settings + 'a>(said: impl Iterator<Item = &'a Said<S>>) -> S {
    said.fold(S::default(), |above, said| above.over(said.settings.clone()))
}
