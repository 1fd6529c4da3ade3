//! The parts of the key: `key(..)` says how parts are formed, `skip(..)` leaves parameters out, and
//! every other parameter is a part as it is.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{Expr, Ident, Pat, Path};

use super::{
    super::function::{Function, Param},
    key_expression::{self, EXCLUSIVE},
    key_types::{self, Types},
    key_use::Use,
    named::Named,
    signature::exclusive_reference,
    skip::Skipped,
};
use crate::shared::{arguments::Args, errors::Errors};

/// The parts in the order of their encoding, and the use of each input for them.
pub(in super::super) struct Key {
    pub(in super::super) parts: Vec<Part>,
    /// The types that are parts, before all others.
    pub(in super::super) types: Types,
    /// The use of `self`, where there is one.
    pub(in super::super) receiver: Use,
    /// For each of [`Function::params`].
    pub(in super::super) params: Vec<Use>,
    /// There is an error, and not every input need be used.
    pub(in super::super) stand_in: bool,
}

impl Key {
    /// Tells whether the key consists of parameters as they are.
    pub(in super::super) fn has_only_params(&self) -> bool {
        let Types { self_type, value, params, hidden } = &self.types;
        let has_types = *self_type || *value || !params.is_empty() || hidden.contains(&true);
        !has_types && self.parts.iter().all(|part| matches!(part, Part::Param(_)))
    }
}

/// A part of the key.
pub(in super::super) enum Part {
    /// The type of an `impl Trait` parameter, by its place in [`Function::params`].
    Type(usize),
    /// A parameter as it is, by its place in [`Function::params`].
    Param(usize),
    /// An expression of `key(..)`.
    Expr(Expr),
}

/// An expression of `key(..)` and the parameters that it names.
struct Listed<'a> {
    expr: &'a Expr,
    names: Vec<Named>,
    valid: bool,
}

/// `declared` is the path of the declared cache, if it is not the function's own. `usable` says
/// that the signature is right so far; if not, it is not searched for more mistakes.
pub(super) fn check(
    args: &Args,
    function: &Function,
    declared: Option<&Path>,
    usable: bool,
    errors: &mut Errors,
) -> Key {
    let before = errors.count();
    let skipped = Skipped::check(args, function, errors);
    let listed = args.key.as_ref().map(|key| listed(&key.value, &skipped, function, errors));
    // Beside a word that nobody knows, more mistakes would be guesses.
    let clear = skipped.is_clear()
        && listed.iter().flatten().all(|expression| !expression.names.is_empty());
    let usage = |named| usage(named, listed.as_deref().unwrap_or_default(), &skipped);
    let receiver = usage(Named::Receiver);
    let params: Vec<_> =
        (0..function.params.len()).map(|place| usage(Named::Param(place))).collect();
    if usable && clear {
        let in_order = declared.filter(|_| args.key.is_some());
        fit(function, receiver, &params, in_order, errors);
    }
    let types = key_types::check(function, receiver, &params, declared, errors);
    let listed = listed.unwrap_or_default();
    let parts = match declared {
        Some(_) if args.key.is_some() => listed.into_iter().filter_map(Listed::part).collect(),
        _ => in_order_of_parameters(function, listed, &params, &types),
    };
    Key { parts, types, receiver, params, stand_in: errors.count() > before }
}

/// Checks the expressions of `key(..)`.
fn listed<'a>(
    exprs: &'a [Expr],
    skipped: &Skipped<'_>,
    function: &Function,
    errors: &mut Errors,
) -> Vec<Listed<'a>> {
    let mut listed = vec![];
    let mut seen = HashSet::new();
    for expr in exprs {
        let before = errors.count();
        if !seen.insert(expr.to_token_stream().to_string()) {
            errors.at(expr, "this is listed twice in `key(..)`: keep one");
            continue;
        }
        let names = key_expression::check(expr, function, errors);
        for word in names.iter().filter_map(|named| skipped.word(*named)) {
            let message =
                format!("`{word}` is in `skip(..)` and in `key(..)`: remove it from one of them");
            errors.at(word, message);
        }
        listed.push(Listed { expr, names, valid: errors.count() == before });
    }
    listed
}

fn usage(named: Named, listed: &[Listed<'_>], skipped: &Skipped<'_>) -> Use {
    if listed.iter().any(|expression| expression.names.contains(&named)) {
        Use::Named
    } else if skipped.contains(named) {
        Use::Skipped
    } else {
        Use::Whole
    }
}

/// Checks the inputs that would be parts as they are. `in_order` is the path of a declared cache,
/// all of whose parts `key(..)` lists.
fn fit(
    function: &Function,
    receiver: Use,
    params: &[Use],
    in_order: Option<&Path>,
    errors: &mut Errors,
) {
    if let (Some(declared), Use::Whole) = (function.receiver(), receiver) {
        let message = "`self` must be in `key(..)` or in `skip(..)`: write `key(self.id, ..)` with the fields \
                       that tell one call from another, or `skip(self)` where none does";
        errors.at(declared.self_token, message);
    }
    let whole = function.params.iter().zip(params).filter(|(_, usage)| **usage == Use::Whole);
    for (param, _) in whole {
        match (unfit(param), in_order, &param.name) {
            (Some(error), ..) => errors.push(error),
            (None, Some(cache), Some(name)) => errors.at(name, unlisted(name, cache)),
            _ => {}
        }
    }
}

fn unlisted(name: &Ident, cache: &Path) -> String {
    let cache = cache.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    format!(
        "with `cache = {cache}`, `key(..)` lists all parts of the key: add `{name}` to it, or leave it \
         out by `skip({name})`"
    )
}

/// Returns an error if a parameter cannot be part of the key as it is.
fn unfit(param: &Param) -> Option<syn::Error> {
    let declared = &param.declared;
    if param.name.is_none() {
        let way_out = match &*declared.pat {
            Pat::Wild(_) => "name it",
            _ => "name it and take it apart in the body",
        };
        let message = format!(
            "a parameter without a name cannot be part of the key: {way_out}; `skip(..)` with that name \
             leaves it out"
        );
        return Some(syn::Error::new_spanned(&declared.pat, message));
    }
    let exclusive = exclusive_reference(&declared.ty)?;
    Some(syn::Error::new_spanned(exclusive, EXCLUSIVE))
}

/// Puts each expression at the first parameter that it names, several as they are written, and the
/// types of parameters before all.
fn in_order_of_parameters(
    function: &Function,
    listed: Vec<Listed<'_>>,
    params: &[Use],
    types: &Types,
) -> Vec<Part> {
    let mut by_place: Vec<(Option<usize>, Part)> = vec![];
    for (place, param) in function.params.iter().enumerate() {
        if types.hidden[place] {
            by_place.push((Some(place), Part::Type(place)));
        }
        // A parameter that cannot be a part is an error, beside which the companions still take it.
        if params[place] == Use::Whole && unfit(param).is_none() {
            by_place.push((Some(place), Part::Param(place)));
        }
    }
    for expression in listed {
        let place = expression.first();
        by_place.extend(expression.part().map(|part| (place, part)));
    }
    // A stable sort keeps several at one place as they are written; `self` comes first.
    by_place.sort_by_key(|(place, part)| (!matches!(part, Part::Type(_)), *place));
    by_place.into_iter().map(|(_, part)| part).collect()
}

impl Listed<'_> {
    /// The place of the first parameter that it names; `None` for `self`.
    fn first(&self) -> Option<usize> {
        let place = |named: &Named| match named {
            Named::Receiver => None,
            Named::Param(place) => Some(*place),
        };
        self.names.iter().map(place).min().flatten()
    }

    fn part(self) -> Option<Part> {
        self.valid.then(|| Part::Expr(self.expr.clone()))
    }
}
