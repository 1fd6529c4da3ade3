//! `cache.toml`: its path, its text and its contents.

mod contents;
mod document;
mod profiles;

pub(crate) use contents::Contents;

use std::io::ErrorKind;

use cachery_syntax::shown_name;

use super::super::{fields::path as check_path, source::Source};
use crate::{
    error::{Fault, FaultKind},
    text_file,
};

/// The variable that names the file.
pub(super) const VARIABLE: &str = "CACHE_CONFIG";

/// The file that is read if it is there, when no source names one.
pub(super) const UNNAMED: &str = "cache.toml";

/// Returns the contents of the file at `path`, which `source` has named. A file that cannot be read
/// becomes a fault, unless it is missing and nobody has named it.
pub(super) fn read(
    source: Option<&Source>,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Option<Contents> {
    let text = text(source, path).map_err(|fault| faults.extend(fault)).ok()?;
    let contents = document::parse(&shown_name(path), &text, faults);
    contents.map_err(|fault| faults.push(fault)).ok()
}

fn text(source: Option<&Source>, path: &str) -> Result<String, Option<Fault>> {
    check_path(path).map_err(|why| invalid(source, &why))?;
    text_file::read(path).map_err(|error| {
        let path = shown_name(path);
        match (error.kind(), source) {
            (ErrorKind::NotFound, None) => None,
            (ErrorKind::NotFound, _) => Some(invalid(
                source,
                &format!("the file `{path}` does not exist: correct the path, or leave it out"),
            )),
            _ => Some(invalid(source, &format!("the file `{path}` cannot be read: {error}"))),
        }
    })
}

fn invalid(source: Option<&Source>, what: &str) -> Fault {
    let message = match source {
        Some(source) => format!("{source}: {what}"),
        None => what.to_owned(),
    };
    Fault::new(FaultKind::InvalidFile, message)
}
