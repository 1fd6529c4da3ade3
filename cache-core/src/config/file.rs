//! `cache.toml`: where it is, and its text.

mod contents;
mod document;
mod profiles;

pub(super) use contents::Contents;

use std::io::ErrorKind;

use cachery_syntax::shown_name;

use super::{
    Origin,
    source::Source,
    values,
    variables::{FILE, Variables},
};
use crate::{
    error::{Fault, FaultKind},
    text_file,
};

/// The file that is read when none is named, if it is there.
const UNNAMED: &str = "cache.toml";

/// What stands in the file that `origin` or the variables name, else in the one of the working directory, if there is one. One
/// that cannot be read is a fault.
pub(super) fn read(origin: &Origin, variables: &Variables, faults: &mut Vec<Fault>) -> Option<Contents> {
    let (source, path) = place(origin, variables, faults)?;
    let text = text(source.as_ref(), &path).map_err(|fault| faults.extend(fault)).ok()?;
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

fn text(source: Option<&Source>, path: &str) -> Result<String, Option<Fault>> {
    values::path(path).map_err(|why| unreadable(source, &why))?;
    text_file::read(path).map_err(|error| {
        let path = shown_name(path);
        match (error.kind(), source) {
            (ErrorKind::NotFound, None) => None,
            (ErrorKind::NotFound, _) => Some(unreadable(
                source,
                &format!("there is no file `{path}`: mend the path, or leave it out"),
            )),
            _ => Some(unreadable(source, &format!("the file `{path}` cannot be read: {error}"))),
        }
    })
}

fn unreadable(source: Option<&Source>, what: &str) -> Fault {
    let message = match source {
        Some(source) => format!("{source}: {what}"),
        None => what.to_owned(),
    };
    Fault::new(FaultKind::UnreadableFile, message)
}
