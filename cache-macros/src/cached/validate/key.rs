//! The parts of the key: every parameter, or all but the skipped ones, or the expressions of
//! `key(..)`.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Expr, Ident, Pat};

use super::{
    super::function::{Function, Param},
    key_expression::{self, EXCLUSIVE},
    named::{self, Named},
    signature::exclusive_reference,
};
use crate::shared::{
    arguments::{Arg, Args},
    errors::Errors,
};

/// The parts in the order of their encoding, and the inputs that the companions take for them.
pub(in super::super) struct Key {
    pub(in super::super) parts: Vec<Part>,
    /// `self` is one of the inputs.
    pub(in super::super) receiver: bool,
    /// For each of [`Function::params`], true if it is one of the inputs.
    pub(in super::super) params: Vec<bool>,
    /// There is an error, and not every input need be used.
    pub(in super::super) stand_in: bool,
}

/// A part of the key.
pub(in super::super) enum Part {
    /// A parameter as it is, by its place in [`Function::params`].
    Param(usize),
    /// An expression of `key(..)`.
    Expr(Expr),
}

/// `usable` says that the signature is right so far; if not, it is not searched for more mistakes.
pub(super) fn check(args: &Args, function: &Function, usable: bool, errors: &mut Errors) -> Key {
    let before = errors.count();
    let skipped =
        args.skip.as_ref().map(|skip| skipped(skip, function, errors)).unwrap_or_default();
    let Some(key) = &args.key else {
        let key = every_parameter(&skipped, function, usable, errors);
        return Key { stand_in: errors.count() > before, ..key };
    };
    if let Some(skip) = &args.skip {
        let message = "`key(..)` leaves out what it does not name, so `skip(..)` has nothing to say: remove one of them";
        errors.at(&skip.word, message);
    }
    let key = expressions(&key.value, function, errors);
    Key { stand_in: errors.count() > before, ..key }
}

/// Returns the listed parameters. A misspelt one counts as the one that is meant.
fn skipped(skip: &Arg<Vec<Ident>>, function: &Function, errors: &mut Errors) -> Vec<Named> {
    let mut skipped = vec![];
    for word in &skip.value {
        match named::find(word, function) {
            Some(named) if skipped.contains(&named) => {
                errors.at(word, format!("`{word}` is listed twice in `skip(..)`: keep one"));
            }
            Some(named) => skipped.push(named),
            None => {
                errors.at(word, named::no_parameter(word, "skip", function));
                skipped.extend(named::find_near(word, function));
            }
        }
    }
    skipped
}

fn every_parameter(
    skipped: &[Named],
    function: &Function,
    usable: bool,
    errors: &mut Errors,
) -> Key {
    let mut parts = vec![];
    for (place, param) in function.params.iter().enumerate() {
        if skipped.contains(&Named::Param(place)) {
            continue;
        }
        match unfit(param) {
            None => parts.push(Part::Param(place)),
            Some(error) if usable => errors.push(error),
            Some(_) => {}
        }
    }
    let mut receiver = false;
    if let Some(declared) = function.receiver().filter(|_| !skipped.contains(&Named::Receiver)) {
        receiver = true;
        if usable {
            let message = "a method says whether `self` tells one call from another: write \
                           `key(self.id, ..)` with the fields that do, or `skip(self)`";
            errors.at(declared.self_token, message);
        }
    }
    // One without a name is an error, beside which the companions still take what was meant to be
    // given to them.
    let params =
        (0..function.params.len()).map(|place| !skipped.contains(&Named::Param(place))).collect();
    Key { parts, receiver, params, stand_in: false }
}

/// Returns an error if a parameter cannot be part of the key as it is.
fn unfit(param: &Param) -> Option<syn::Error> {
    let declared = &param.declared;
    if param.name.is_none() {
        let way_out = match &*declared.pat {
            Pat::Wild(_) => "give it one, or leave it out by `key(..)`",
            _ => "give it one and take it apart in the body, or leave it out by `key(..)`",
        };
        let message = format!("a parameter without a name cannot be part of the key: {way_out}");
        return Some(syn::Error::new_spanned(&declared.pat, message));
    }
    let exclusive = exclusive_reference(&declared.ty)?;
    Some(syn::Error::new_spanned(exclusive, EXCLUSIVE))
}

fn expressions(exprs: &[Expr], function: &Function, errors: &mut Errors) -> Key {
    let mut named = vec![];
    let mut parts = vec![];
    let mut seen = HashSet::new();
    for expr in exprs {
        let before = errors.count();
        if !seen.insert(expr.to_token_stream().to_string()) {
            errors.at(expr, "this is listed twice in `key(..)`: keep one");
            continue;
        }
        let found = key_expression::check(expr, function, errors);
        if errors.count() == before {
            parts.push(Part::Expr(expr.clone()));
        } else if found.is_empty() && !is_constant(expr) {
            // The parameter that was meant is unknown: the companions take all, so that calls of
            // them do not fail as well.
            named.extend((0..function.params.len()).map(Named::Param).chain([Named::Receiver]));
        }
        named.extend(found);
    }
    let params =
        (0..function.params.len()).map(|place| named.contains(&Named::Param(place))).collect();
    Key { parts, receiver: named.contains(&Named::Receiver), params, stand_in: false }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(_))
}
