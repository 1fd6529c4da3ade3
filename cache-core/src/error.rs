//! What can go wrong before the first call: settings and wiring. A cached call itself never fails on Cachery's account.

use std::{fmt, sync::Arc};

use serde::Serialize;

/// The most faults that a message or a log tells: who has more has the wrong file, and a log is not to be flooded.
pub(crate) const MOST_TOLD: usize = 100;

/// Why a registry could not be built: every fault at once, each with its source and the way out.
#[derive(Clone)]
pub struct Error(Arc<[Fault]>);

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// The whole story in one line: where, what, and what to do.
    pub message: String,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// A value that its setting cannot have.
    InvalidSetting,
    /// The file cannot be read, or it is not TOML.
    InvalidFile,
    /// A variable, a field or a section that nothing has.
    UnknownName,
    /// A profile that does not exist, or that inherits from itself.
    InvalidProfile,
    /// A setting for a cache that does not exist.
    UnknownCache,
    /// Two call sites of one identity.
    DuplicateIdentity,
    /// Two names that make one variable readable two ways.
    AmbiguousName,
    /// A cache wants Redis, and the program is built without support for it.
    MissingFeature,
    /// A cache wants Redis, and nothing says where that is.
    MissingUrl,
    /// Redis is required and cannot be reached.
    Unreachable,
}

impl Error {
    /// `Err` when there are faults.
    pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults.into())) }
    }

    /// All faults, in the order in which they were found.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A value from `source` that its setting cannot have.
    pub(crate) fn of_setting(source: &impl fmt::Display, why: &str) -> Self {
        Self::new(FaultKind::InvalidSetting, format!("{source}: {why}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// One line for a single fault; otherwise a count, and a line each, up to a hundred.
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

/// As `Display`: a `main` that returns this error shows it so.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
