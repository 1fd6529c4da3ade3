//! `cache.toml`: where it is, and its text.

mod contents;
mod document;
mod profiles;

pub(super) use contents::Contents;

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _},
};

use cache_syntax::shown_name;

use super::{
    Origin,
    source::Source,
    variables::{FILE, Variables},
};
use crate::error::{Fault, FaultKind};

/// The file that is read when none is named, if it is there.
const UNNAMED: &str = "cache.toml";

/// The most bytes of a file: thousands of caches have room.
const MOST: u64 = 1 << 20;

/// What stands in the file that `origin` or the variables name, else in the one of the working directory, if there is one. One
/// that cannot be read is a fault.
pub(super) fn read(origin: &Origin, variables: &Variables, faults: &mut Vec<Fault>) -> Option<Contents> {
    let (source, path) = place(origin, variables, faults)?;
    let text = text(&path).map_err(|error| match source {
        None if error.kind() == ErrorKind::NotFound => None,
        source => Some(unreadable(source.as_ref(), &path, &error)),
    });
    let text = text.map_err(|fault| faults.extend(fault)).ok()?;
    let contents = document::parse(&shown_name(&path), &text, faults);
    contents.map_err(|fault| faults.push(fault)).ok()
}

/// The path, and who names it.
fn place(
    origin: &Origin,
    variables: &Variables,
    faults: &mut Vec<Fault>,
) -> Option<(Option<Source>, String)> {
    if let Some(path) = &origin.given.file {
        return Some((Some(Source::Builder), path.clone()));
    }
    if let Some(path) = variables.text(FILE, faults) {
        return Some((Some(Source::Variable(FILE.to_owned())), path.to_owned()));
    }
    (!origin.isolated).then(|| (None, UNNAMED.to_owned()))
}

fn text(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is larger than 1 MiB, which no configuration of caches needs"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        io::Error::other(format!("line {line} is not valid UTF-8"))
    })
}

fn unreadable(source: Option<&Source>, path: &str, error: &io::Error) -> Fault {
    let path = shown_name(path);
    let what = match error.kind() {
        ErrorKind::NotFound => format!("there is no file `{path}`: mend the path, or leave it out"),
        _ => format!("the file `{path}` cannot be read: {error}"),
    };
    let message = match source {
        Some(source) => format!("{source}: {what}"),
        None => what,
    };
    Fault::new(FaultKind::UnreadableFile, message)
}
