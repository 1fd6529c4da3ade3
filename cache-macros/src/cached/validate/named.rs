//! Parameters by their names, as `key(..)` and `skip(..)` call them.

use syn::Ident;

use super::super::function::{Function, Param};
use crate::shared::{
    mentions::Mentions,
    suggestion::{did_you_mean, nearest},
};

/// A parameter that `key(..)` or `skip(..)` names.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Named {
    Receiver,
    /// By its place in [`Function::params`].
    Param(usize),
}

/// Returns the parameter that is called `word`.
pub(super) fn find(word: &Ident, function: &Function) -> Option<Named> {
    if word == "self" {
        return function.receiver().map(|_| Named::Receiver);
    }
    let place = function.params.iter().position(|param| param.name.as_ref() == Some(word))?;
    Some(Named::Param(place))
}

/// Returns the parameter that is spelled most like `word`.
pub(super) fn find_near(word: &Ident, function: &Function) -> Option<Named> {
    let names = names_of(function);
    let near = nearest(word, names.iter().map(String::as_str))?;
    let param = |param: &Param| param.name.as_ref().is_some_and(|name| name == near);
    match function.params.iter().position(param) {
        Some(place) => Some(Named::Param(place)),
        None => function.receiver().map(|_| Named::Receiver),
    }
}

/// Says that `word` in `argument(..)` does not name a parameter.
pub(super) fn no_parameter(word: &Ident, argument: &str, function: &Function) -> String {
    let mut patterns = function.params.iter().filter(|param| param.name.is_none());
    if patterns
        .any(|param| Mentions::of_pattern(&param.declared.pat).binding(&word.to_string()).is_some())
    {
        return format!(
            "`{word}` is part of a pattern: give the parameter a name and take it apart in the body"
        );
    }
    let names = names_of(function);
    let near = nearest(word, names.iter().map(String::as_str));
    let way_out = did_you_mean(near, || candidates(function));
    format!("`{word}` in `{argument}(..)` is not a parameter: {way_out}")
}

/// Lists the parameters that have a name.
pub(super) fn candidates(function: &Function) -> String {
    match names_of(function).as_slice() {
        [] => "the function has no parameters".to_owned(),
        [name] => format!("the only parameter is `{name}`"),
        names => format!("the parameters are `{}`", names.join("`, `")),
    }
}

fn names_of(function: &Function) -> Vec<String> {
    let receiver = function.receiver().map(|_| "self".to_owned());
    let params =
        function.params.iter().filter_map(|param| param.name.as_ref()).map(Ident::to_string);
    receiver.into_iter().chain(params).collect()
}
