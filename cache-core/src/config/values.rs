//! How the text of a variable, or of a value in a file, becomes a value. A refusal says what is wrong and what to write; where the value may be private, it
//! does not repeat it.

use std::{fmt::Display, time::Duration};

use cachery_syntax::{Backend, Ttl, choose, excerpt};

use super::remote::{Fallback, Secret};
use crate::codec::Codec;

pub(super) type Parsed<T> = Result<T, String>;

/// The most bytes of a path that Linux opens.
const LONGEST_PATH: usize = 4096;

pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(format!("{:?} is neither `true` nor `false`", excerpt(text))),
    }
}

pub(super) fn ttl(text: &str) -> Parsed<Ttl> {
    text.parse().map_err(said)
}

pub(super) fn duration(text: &str) -> Parsed<Duration> {
    cachery_syntax::parse_duration(text).map_err(said)
}

pub(super) fn size(text: &str) -> Parsed<u64> {
    cachery_syntax::parse_size(text).map_err(said)
}

pub(super) fn capacity(text: &str) -> Parsed<u64> {
    match text.replace('_', "").parse() {
        Ok(0) => {
            Err("a capacity of zero holds nothing; switch the cache off by its `…_ENABLED=false`".to_owned())
        }
        Ok(entries) => Ok(entries),
        Err(_) => Err(format!("{:?} is not a number of entries, such as `50000`", excerpt(text))),
    }
}

pub(super) fn jitter(text: &str) -> Parsed<f64> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(format!("{:?} is not a share of the ttl, from 0 to 1, such as `0.05`", excerpt(text))),
    }
}

pub(super) fn backend(text: &str) -> Parsed<Backend> {
    text.parse().map_err(said)
}

pub(super) fn codec(text: &str) -> Parsed<Codec> {
    choose(text, "codec", &[("messagepack", Codec::MessagePack), ("json", Codec::Json)]).map_err(said)
}

pub(super) fn fallback(text: &str) -> Parsed<Fallback> {
    choose(text, "fallback", &[("memory", Fallback::Memory), ("off", Fallback::Off)]).map_err(said)
}

/// The backend judges it, when a cache wants one.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside parsers that can fail")]
pub(super) fn url(text: &str) -> Parsed<Secret> {
    Ok(Secret::new(text))
}

/// What was to be in the file may be private, and is not shown.
pub(super) fn path(text: &str) -> Parsed<String> {
    if text.len() > LONGEST_PATH || text.starts_with("-----") || text.contains(char::is_control) {
        return Err("it is no path: write where the file is, and not what stands in it".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn prefix(text: &str) -> Parsed<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if let Some((index, found)) = text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        let (found, place) = (found.escape_debug(), index + 1);
        return Err(format!(
            "character {place} of the prefix is `{found}`: use letters from a to z or A to Z, digits, `_`, `-`, `.` and `:`"
        ));
    }
    match text.len() {
        0 => Err("the prefix is empty: leave it out, or write one, as in `shop`".to_owned()),
        1..=64 => Ok(text.to_owned()),
        length => Err(format!("the prefix is {length} characters long: use at most 64")),
    }
}

pub(super) fn secret(text: &str) -> Parsed<Secret> {
    match text.len() {
        16.. => Ok(Secret::new(text)),
        length => Err(format!(
            "the secret has {length} bytes, which can be guessed: use at least 16 random ones, as `openssl rand -hex 16` makes them"
        )),
    }
}

/// Names between commas.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside parsers that can fail")]
pub(super) fn names(text: &str) -> Parsed<Vec<String>> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

fn said(error: impl Display) -> String {
    error.to_string()
}
