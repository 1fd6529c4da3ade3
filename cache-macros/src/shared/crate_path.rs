//! `crate = path`: the place of the facade, for a macro that re-exports it.

use syn::{Expr, Path, parse_quote};

use super::errors::Errors;

/// The facade, unless `given` names another path.
pub(crate) fn or_default(given: Option<&Expr>, errors: &mut Errors) -> Path {
    given.and_then(|value| read(value, errors)).unwrap_or_else(|| parse_quote!(::cachery))
}

/// Reads the value of `crate = ..`.
pub(crate) fn read(value: &Expr, errors: &mut Errors) -> Option<Path> {
    match value {
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        other => {
            errors.at(other, "`crate` is a path to cachery: write `crate = path::to::cachery`");
            None
        }
    }
}
