//! Faults that are found before the first call, in settings and call sites. A cached call never
//! fails because of Cachery.

use std::{fmt, sync::Arc};

use serde::Serialize;

/// The most faults in a message or a log. A program with more has the wrong file, and a log should
/// not be flooded.
pub(crate) const MOST_TOLD: usize = 100;

/// The faults for which a registry could not be built: all at once, each with its source and the
/// way out.
///
/// ```
/// use cachery::Caches;
///
/// let variables = [("CACHE_ENABLED", "maybe"), ("CACHE_TYPO", "1")];
/// let error = Caches::builder().variables(variables).check().unwrap_err();
/// assert_eq!(error.faults().len(), 2);
/// assert!(error.to_string().starts_with("2 faults in the configuration of the caches:"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<[Fault]>);

/// One fault in the settings or the call sites of a program.
///
/// ```
/// use cachery::{Caches, config::FaultKind};
///
/// let builder = Caches::builder().variables([("CACHE_ENABLED", "maybe")]);
/// let error = builder.check().unwrap_err();
/// let fault = &error.faults()[0];
/// assert_eq!(fault.kind, FaultKind::InvalidSetting);
/// assert_eq!(fault.message, "CACHE_ENABLED: \"maybe\" is neither `true` nor `false`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// The kind of the fault.
    pub kind: FaultKind,
    /// The fault in one line: its place, its cause and the way out.
    pub message: String,
}

/// The kind of a [`Fault`].
///
/// ```
/// use cachery::{Error, config::FaultKind};
///
/// fn is_redis_missing(error: &Error) -> bool {
///     error.faults().iter().any(|fault| fault.kind == FaultKind::Unreachable)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// A value that its setting cannot have.
    InvalidSetting,
    /// A file that cannot be read, or that is not TOML.
    InvalidFile,
    /// An unknown variable, field or section.
    UnknownName,
    /// A variable or a field that a later version may read.
    ReservedName,
    /// An unknown profile, or one that inherits from itself.
    InvalidProfile,
    /// A setting of an unknown cache.
    UnknownCache,
    /// Two call sites of one identity.
    DuplicateIdentity,
    /// Two names for which one variable has two meanings.
    AmbiguousName,
    /// A cache that needs Redis in a program that is built without it.
    MissingFeature,
    /// A cache that needs Redis without a URL.
    MissingUrl,
    /// A required Redis that cannot be reached, or a remote tier that cannot be opened.
    Unreachable,
}

impl Error {
    /// Returns an error when there are faults.
    pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults.into())) }
    }

    /// Returns all faults, in the order in which they were found.
    ///
    /// ```
    /// # let builder = cachery::Caches::builder().variables([("CACHE_ENABLED", "maybe")]);
    /// if let Err(error) = builder.check() {
    ///     for fault in error.faults() {
    ///         eprintln!("{fault}");
    ///     }
    /// }
    /// ```
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Creates the fault of a value from `source` that its setting cannot have.
    pub(crate) fn of_setting(source: &impl fmt::Display, why: &str) -> Self {
        Self::new(FaultKind::InvalidSetting, format!("{source}: {why}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Writes one line for a single fault; otherwise a count, and a line for each, up to a hundred.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            [fault] => write!(f, "{fault}"),
            faults => {
                write!(f, "{} faults in the configuration of the caches:", faults.len())?;
                let (told, rest) = faults.split_at(faults.len().min(MOST_TOLD));
                told.iter().try_for_each(|fault| write!(f, "\n  {fault}"))?;
                if rest.is_empty() { Ok(()) } else { write!(f, "\n  and {} more", rest.len()) }
            }
        }
    }
}

/// Writes as `Display` does: a `main` that returns this error shows it so.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
