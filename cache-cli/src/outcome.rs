//! The outcome of a command: text, JSON and the exit code.

use std::{io::Write as _, process::ExitCode};

use serde_json::{Value, json};

use crate::screen::Screen;

/// The exit code of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// Nothing is wrong, and what was asked for is done.
    Well = 0,
    /// Something is wrong, or is done in part.
    Unwell = 1,
    /// The command could not be carried out: wrong options or settings, or nobody answered.
    Failed = 2,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// The outcome of a command.
pub(crate) struct Outcome {
    text: String,
    json: Value,
    pub(crate) code: Code,
    /// True for the reason of a failure, in place of a report.
    is_reason: bool,
}

impl Outcome {
    pub(crate) fn new(text: impl Into<String>, json: Value, code: Code) -> Self {
        Self { text: text.into(), json, code, is_reason: false }
    }

    /// Returns the outcome of a command that has printed by itself.
    pub(crate) fn silent(code: Code) -> Self {
        Self::new("", Value::Null, code)
    }

    /// Prints the outcome. The reason of a failure goes to the standard error, unless JSON is
    /// wanted.
    pub(crate) fn print(&self, as_json: bool, screen: &Screen) {
        if self.json.is_null() {
            return;
        }
        // A reader that has gone away has all that it wants.
        let _ = if as_json {
            writeln!(std::io::stdout(), "{:#}", self.json)
        } else if self.is_reason {
            writeln!(std::io::stderr(), "{}", screen.wrapped(&self.text, ""))
        } else {
            writeln!(std::io::stdout(), "{}", self.text.trim_end())
        };
    }
}

/// The outcome of a command that could not be carried out.
impl From<String> for Outcome {
    fn from(reason: String) -> Self {
        let json = json!({ "error": reason });
        Self { is_reason: true, ..Self::new(format!("cachery: {reason}"), json, Code::Failed) }
    }
}
