//! What forms the key: every parameter, or all but the skipped ones, or the expressions of `key(..)`.

use std::collections::HashSet;

use quote::ToTokens as _;
use syn::{
    Expr, Ident, Pat, PatIdent,
    visit::{self, Visit},
};

use super::{
    super::{
        args::{Arg, Args},
        signature::{Function, Param},
    },
    names,
    signature::exclusive_reference,
};
use crate::errors::Errors;

/// The parts in the order of their encoding, and whom the companions need to know for them.
pub(in super::super) struct Key {
    pub(in super::super) parts: Vec<Part>,
    pub(in super::super) receiver: bool,
    /// For each of [`Function::params`], whether it is part of the key.
    pub(in super::super) params: Vec<bool>,
    /// Stands beside an error, and may not use every parameter that it asks for.
    pub(in super::super) stand_in: bool,
}

pub(in super::super) enum Part {
    /// A parameter as it is, by its place in [`Function::params`].
    Param(usize),
    /// What stands in `key(..)`.
    Expr(Expr),
}

/// `usable` tells whether the signature is right so far: if not, it is no use to find more in it.
pub(super) fn check(args: &Args, function: &Function, usable: bool, errors: &mut Errors) -> Key {
    let before = errors.count();
    let skipped = args.skip.as_ref().map(|skip| skipped(skip, function, errors)).unwrap_or_default();
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

/// A parameter as `key(..)` and `skip(..)` call it.
#[derive(Clone, Copy, PartialEq)]
enum Named {
    Receiver,
    Param(usize),
}

/// The listed parameters; one that is spelled wrong counts as the one that is meant.
fn skipped(skip: &Arg<Vec<Ident>>, function: &Function, errors: &mut Errors) -> Vec<Named> {
    let mut skipped = vec![];
    for word in &skip.value {
        match find(word, function) {
            Some(named) if skipped.contains(&named) => {
                errors.at(word, format!("`{word}` is listed twice in `skip(..)`: keep one"));
            }
            Some(named) => skipped.push(named),
            None => {
                errors.at(word, no_parameter(word, "skip", function));
                skipped.extend(near(word, function).and_then(|near| find(&near, function)));
            }
        }
    }
    skipped
}

fn every_parameter(skipped: &[Named], function: &Function, usable: bool, errors: &mut Errors) -> Key {
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
            let message = "a method says whether `self` tells one call from another: write `key(self.id, ..)` with the \
                           fields that do, or `skip(self)`";
            errors.at(declared.self_token, message);
        }
    }
    // One without a name is an error, beside which the companions still take what was meant to be given to them.
    let params = (0..function.params.len()).map(|place| !skipped.contains(&Named::Param(place))).collect();
    Key { parts, receiver, params, stand_in: false }
}

const EXCLUSIVE: &str =
    "what a call may change does not tell it from another: take it by `&`, or leave it out by `skip(..)`";

/// Why a parameter cannot be part of the key.
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
        let found = expression(expr, function, errors);
        if errors.count() == before {
            parts.push(Part::Expr(expr.clone()));
        } else if found.is_empty() && !is_constant(expr) {
            // Whom it means is unknown: the companions take everyone, so that calls of them do not fail as well.
            named.extend((0..function.params.len()).map(Named::Param).chain([Named::Receiver]));
        }
        named.extend(found);
    }
    let params = (0..function.params.len()).map(|place| named.contains(&Named::Param(place))).collect();
    Key { parts, receiver: named.contains(&Named::Receiver), params, stand_in: false }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(_))
}

/// The parameters that one expression names; it names at least one.
fn expression(expr: &Expr, function: &Function, errors: &mut Errors) -> Vec<Named> {
    let before = errors.count();
    let names = names::of(expr, errors);
    let mut found: Vec<Named> = names.called.iter().filter_map(|word| find(word, function)).collect();
    for word in &names.used {
        match find(word, function) {
            Some(param) => {
                if exclusive(param, function) {
                    errors.at(word, EXCLUSIVE);
                }
                found.push(param);
            }
            // A constant is no mistake; what looks like a parameter is.
            None if looks_like_constant(word) => {}
            None => {
                errors.at(word, no_parameter(word, "key", function));
                found.extend(near(word, function).and_then(|near| find(&near, function)));
            }
        }
    }
    if found.is_empty() && errors.count() == before {
        let meant = names.used.iter().find_map(|word| Some((word, near(word, function)?)));
        if let Some((word, near)) = meant {
            errors.at(word, no_parameter(word, "key", function));
            found.extend(find(&near, function));
        } else {
            let message = "a key expression names a parameter, and this one is the same for every call";
            errors.at(expr, format!("{message}: remove it ({})", candidates(function)));
        }
    }
    found
}

/// A `&mut` parameter tells nothing that lasts.
fn exclusive(named: Named, function: &Function) -> bool {
    matches!(named, Named::Param(place) if exclusive_reference(&function.params[place].declared.ty).is_some())
}

fn find(word: &Ident, function: &Function) -> Option<Named> {
    if word == "self" {
        return function.receiver().map(|_| Named::Receiver);
    }
    let place = function.params.iter().position(|param| param.name.as_ref() == Some(word))?;
    Some(Named::Param(place))
}

fn no_parameter(word: &Ident, argument: &str, function: &Function) -> String {
    if function.params.iter().filter(|param| param.name.is_none()).any(|param| binds(param, word)) {
        return format!(
            "`{word}` is part of a pattern: give the parameter a name and take it apart in the body"
        );
    }
    let way_out = match near(word, function) {
        Some(near) => format!("did you mean `{near}`?"),
        None => candidates(function),
    };
    format!("`{word}` in `{argument}(..)` is no parameter: {way_out}")
}

fn binds(param: &Param, word: &Ident) -> bool {
    struct Finder<'a>(&'a Ident, bool);
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            self.1 |= pat.ident == *self.0;
            visit::visit_pat_ident(self, pat);
        }
    }
    let mut finder = Finder(word, false);
    finder.visit_pat(&param.declared.pat);
    finder.1
}

/// The parameter that is spelled most like `word`.
fn near(word: &Ident, function: &Function) -> Option<Ident> {
    let names = names_of(function);
    let near = cachery_syntax::nearest(&word.to_string(), names.iter().map(String::as_str))?;
    Some(syn::parse_str(near).unwrap_or_else(|_| Ident::new("self", word.span())))
}

fn candidates(function: &Function) -> String {
    match names_of(function).as_slice() {
        [] => "the function has no parameters".to_owned(),
        [name] => format!("the only parameter is `{name}`"),
        names => format!("the parameters are `{}`", names.join("`, `")),
    }
}

fn names_of(function: &Function) -> Vec<String> {
    let receiver = function.receiver().map(|_| "self".to_owned());
    let params = function.params.iter().filter_map(|param| param.name.as_ref()).map(Ident::to_string);
    receiver.into_iter().chain(params).collect()
}

fn looks_like_constant(word: &Ident) -> bool {
    word.to_string().chars().next().is_some_and(char::is_uppercase)
}
