//! The lines that are asked for, and the errors where they cannot be read.

use std::{
    fs::File,
    io::{self, ErrorKind, IsTerminal, Read},
    path::Path,
};

const SAMPLE: &str = include_str!("sample.txt");

/// The largest text. The default number of calls asks for some thousand lines only.
const LIMIT: u64 = 64 << 20;

/// The remedy for most errors.
const INSTEAD: &str =
    "give a text file, `-` for standard input, or nothing for the built-in sample";

pub(crate) struct Input {
    /// The name of the text in messages.
    pub(crate) name: String,
    /// The lines that are not blank.
    pub(crate) lines: Vec<String>,
}

/// Reads the lines of `path`: a file, `-` for standard input, or the sample.
pub(crate) fn read(path: Option<&Path>) -> Result<Input, String> {
    let Some(path) = path else {
        return parse("the built-in sample".to_owned(), SAMPLE.as_bytes());
    };
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            eprintln!("Type some lines; Ctrl-D ends them.");
        }
        let name = "standard input".to_owned();
        return collect(io::stdin())
            .map_err(|error| unreadable(&name, &error))
            .and_then(|bytes| parse(name, &bytes));
    }
    let name = format!("`{}`", path.display().to_string().replace(char::is_control, "?"));
    File::open(path)
        .and_then(collect)
        .map_err(|error| unreadable(&name, &error))
        .and_then(|bytes| parse(name, &bytes))
}

/// Reads all bytes, or one more than the limit.
fn collect(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("{name} does not exist: {INSTEAD}"),
        ErrorKind::IsADirectory => format!("{name} is a directory: {INSTEAD}"),
        ErrorKind::PermissionDenied => {
            format!("{name} may not be read by you: change its permissions, or {INSTEAD}")
        }
        _ => format!("{name} cannot be read ({error}): {INSTEAD}"),
    }
}

fn parse(name: String, bytes: &[u8]) -> Result<Input, String> {
    if bytes.len() as u64 > LIMIT {
        return Err(format!(
            "{name} is larger than 64 MiB: give a part of it, as by `head -n 100000`"
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        format!(
            "{name} is not UTF-8 text (line {line}): convert it, as by `iconv -f LATIN1 -t UTF-8`"
        )
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match (lines.is_empty(), bytes.is_empty()) {
        (false, _) => Ok(Input { name, lines }),
        (true, true) => Err(format!("{name} is empty: {INSTEAD}")),
        (true, false) => Err(format!("{name} has only blank lines: {INSTEAD}")),
    }
}
