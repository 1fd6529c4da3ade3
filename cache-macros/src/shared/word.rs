//! The values of arguments that are one of a few words.

use std::{fmt::Display, str::FromStr};

use syn::{Expr, Lit};

use super::{arguments::Arg, errors::Errors, tokens::literal};

/// Reads one of a few words. `example` shows how the argument is written.
pub(super) fn word<W>(arg: &Arg<Expr>, example: &str, errors: &mut Errors) -> Option<W>
where
    W: FromStr<Err: Display>,
{
    let Some(Lit::Str(text)) = literal(&arg.value) else {
        let message = format!("`{}` is a string literal: write `{example}`", arg.word);
        errors.at(&arg.value, message);
        return None;
    };
    text.value().parse().map_err(|error| errors.at(&arg.value, error)).ok()
}
