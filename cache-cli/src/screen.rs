//! The terminal: its width, and colours where there is one.

use std::io::{IsTerminal as _, stdout};

use ratatui::crossterm::terminal;

/// The width of text that goes to a file or to another program.
const WIDTH: usize = 100;
/// The least width for which text is wrapped.
const LEAST_WIDTH: usize = 40;

/// A colour of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Grey = 90,
}

/// The place where text is shown.
pub(crate) struct Screen {
    /// `None` without a terminal.
    width: Option<usize>,
    colours: bool,
}

impl Screen {
    /// Returns the standard output of this process. `NO_COLOR` leaves out colours.
    pub(crate) fn of_process() -> Self {
        let is_terminal = stdout().is_terminal();
        let width = terminal::size().ok().filter(|_| is_terminal);
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            width: width.map(|(columns, _)| usize::from(columns)),
            colours: is_terminal && !is_set("NO_COLOR") && !is_dumb,
        }
    }

    /// Tells whether there is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// Returns the number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width.unwrap_or(WIDTH).max(LEAST_WIDTH)
    }

    /// Paints `text`, where there are colours.
    pub(crate) fn paint(&self, colour: Colour, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", colour as u8) } else { text.to_owned() }
    }

    /// Returns `text` on lines that fit. All but the first begin with `indent`, and the first is
    /// taken to begin with something as wide.
    pub(crate) fn wrapped(&self, text: &str, indent: &str) -> String {
        let lines: Vec<_> = text.lines().map(|line| self.wrapped_line(line, indent)).collect();
        lines.join(&format!("\n{indent}"))
    }

    fn wrapped_line(&self, line: &str, indent: &str) -> String {
        let room = self.width().saturating_sub(indent.chars().count()).max(20);
        let mut wrapped = String::new();
        let mut used = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                wrapped.push('\n');
                wrapped.push_str(indent);
                used = 0;
            } else if used > 0 || (word.is_empty() && !wrapped.is_empty()) {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(word);
            used += length;
        }
        wrapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: usize) -> Screen {
        Screen { width: Some(width), colours: false }
    }

    #[test]
    fn lines_fit_and_keep_their_words() {
        let text = "it asks for a password: write `redis://:password@host` or `redis://user:password@host`";
        for width in [40, 60, 80, 120] {
            let wrapped = screen(width).wrapped(text, "    ");
            let lines = wrapped.lines().enumerate();
            let longest =
                lines.map(|(index, line)| line.chars().count() + if index == 0 { 4 } else { 0 });
            assert!(longest.max() <= Some(width), "{width}:\n{wrapped}");
            assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>().join(" "), text);
        }
    }

    #[test]
    fn colours_are_left_out_where_there_is_no_terminal() {
        assert_eq!(screen(80).paint(Colour::Red, "down"), "down");
        let colourful = Screen { width: Some(80), colours: true };
        assert_eq!(colourful.paint(Colour::Red, "down"), "\x1b[31mdown\x1b[0m");
    }
}
