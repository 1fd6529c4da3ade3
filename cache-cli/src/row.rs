//! Rows of a report: a mark, a name, a value, and what to do.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use crate::screen::{Colour, Screen};

/// The state that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// It was not looked at, because something before it is bad.
    Skipped,
    Well,
    /// Something needs attention.
    Warning,
    Bad,
}

impl Mark {
    fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "-",
            Self::Well => "ok",
            Self::Warning => "!",
            Self::Bad => "!!",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Skipped => Colour::Grey,
            Self::Well => Colour::Green,
            Self::Warning => Colour::Yellow,
            Self::Bad => Colour::Red,
        }
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Skipped => "skipped",
            Self::Well => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
        })
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    #[serde(rename = "state")]
    pub(crate) mark: Mark,
    pub(crate) value: String,
    /// Lines that say what to do.
    pub(crate) todo: Vec<String>,
}

impl Row {
    pub(crate) fn new(mark: Mark, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), mark, value: value.into(), todo: Vec::new() }
    }

    pub(crate) fn well(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(Mark::Well, name, value)
    }

    pub(crate) fn skipped(name: impl Into<String>) -> Self {
        Self::new(Mark::Skipped, name, "not reached")
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub(crate) fn todo(mut self, todo: impl Into<String>) -> Self {
        self.todo.push(todo.into());
        self
    }

    /// Adds lines that say what to do.
    #[must_use]
    pub(crate) fn todos<'a>(mut self, todos: impl IntoIterator<Item = &'a String>) -> Self {
        self.todo.extend(todos.into_iter().cloned());
        self
    }
}

/// Returns the worst state of `rows`.
pub(crate) fn worst<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Mark {
    rows.into_iter().map(|row| row.mark).max().unwrap_or(Mark::Well)
}

/// Writes rows below one another, with their names in one column.
pub(crate) fn text(rows: &[Row], screen: &Screen) -> String {
    let widest = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        let mark = screen.paint(row.mark.colour(), &format!("{:>2}", row.mark.as_str()));
        let indent = " ".repeat(widest + 6);
        let value = screen.wrapped(&row.value, &indent);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark} {:<widest$}   {value}", row.name);
        for todo in &row.todo {
            let todo = screen.wrapped(todo, &format!("{indent}   "));
            let _ = writeln!(text, "{indent}-> {todo}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_written_with_what_to_do() {
        let screen = Screen::of_process();
        let rows =
            [Row::well("login", "accepted"), Row::new(Mark::Bad, "rights", "no").todo("grant")];
        assert_eq!(
            text(&rows, &screen),
            "ok login    accepted\n!! rights   no\n            -> grant\n"
        );
        assert_eq!(worst(&rows), Mark::Bad);
        assert_eq!(worst([&Row::skipped("x")]), Mark::Skipped);
    }
}
