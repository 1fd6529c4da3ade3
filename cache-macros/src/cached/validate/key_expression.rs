//! The expressions of `key(..)`.

use cachery_syntax::excerpt;
use syn::{Expr, Ident};

use super::{
    super::function::Function,
    key_names::{self, Kind},
    named::{self, Named},
    signature::exclusive_reference,
};
use crate::shared::{errors::Errors, tokens::written};

/// The rule about parameters that are `&mut`.
pub(super) const EXCLUSIVE: &str =
    "a `&mut` parameter cannot be part of the key: take it by `&`, or leave it out by `skip(..)`";

/// The same about `tags(..)`.
pub(super) const EXCLUSIVE_IN_TAGS: &str =
    "a `&mut` parameter cannot tell the value of a tag: take it by `&`";

/// Returns the parameters that `expr` names, at least one.
pub(super) fn check(expr: &Expr, function: &Function, errors: &mut Errors) -> Vec<Named> {
    let before = errors.count();
    let names = key_names::of(expr, Kind::OfKey, errors);
    let mut found: Vec<Named> =
        names.called.iter().filter_map(|word| named::find(word, function)).collect();
    for word in &names.used {
        match named::find(word, function) {
            Some(param) => {
                if is_exclusive(param, function) {
                    errors.at(word, EXCLUSIVE);
                }
                found.push(param);
            }
            // A constant may stand in an expression; a word that looks like a parameter is
            // misspelt.
            None if looks_like_constant(word) => {}
            None => {
                errors.at(word, named::no_parameter(word, "key", function));
                found.extend(named::find_near(word, function));
            }
        }
    }
    if found.is_empty() && errors.count() == before {
        found.extend(refuse_constant(expr, &names.used, function, errors));
    }
    found
}

/// Refuses an expression that names no parameter. Returns the one that was probably meant.
fn refuse_constant(
    expr: &Expr,
    used: &[Ident],
    function: &Function,
    errors: &mut Errors,
) -> Option<Named> {
    let meant = used.iter().find_map(|word| Some((word, named::find_near(word, function)?)));
    if let Some((word, near)) = meant {
        errors.at(word, named::no_parameter(word, "key", function));
        return Some(near);
    }
    let message = if is_constant(expr) {
        let candidates = named::candidates(function);
        format!(
            "a key expression names a parameter, and this one is the same for every call: remove it \
             ({candidates})"
        )
    } else {
        format!(
            "`{}` names no parameter, and a companion that is called elsewhere would form another key: \
             make it a parameter of the function, which is part of the key by itself",
            excerpt(&written(expr))
        )
    };
    errors.at(expr, message);
    None
}

/// Returns true for a literal and for the path of a constant.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Path(path) => {
            path.path.segments.last().is_some_and(|last| looks_like_constant(&last.ident))
        }
        _ => false,
    }
}

/// Returns true for a `&mut` parameter, which tells nothing that lasts.
pub(super) fn is_exclusive(named: Named, function: &Function) -> bool {
    matches!(named, Named::Param(place) if exclusive_reference(&function.params[place].declared.ty).is_some())
}

pub(super) fn looks_like_constant(word: &Ident) -> bool {
    word.to_string().chars().next().is_some_and(char::is_uppercase)
}
