//! The rules of the attribute. Nothing here emits tokens: a wrong argument becomes an error, a
//! right one plain data.

mod budget;
mod companions;
mod deciding;
mod detach;
mod error_arguments;
mod key;
mod key_expression;
mod key_names;
mod key_types;
mod key_use;
mod named;
mod returns;
mod signature;
mod skip;
mod source;
mod tags;
mod timeouts;
mod weighed;

use syn::{Path, Type};

pub(super) use self::{
    companions::Companions,
    error_arguments::ErrorArguments,
    key::{Key, Part},
    key_types::Types,
    key_use::Use,
    source::Source,
    tags::Tag,
    weighed::names_parameters,
};
use super::{function::Function, surroundings::Surroundings};
use crate::shared::{arguments::Args, crate_path, errors::Errors};

/// The meaning of the arguments on this function.
pub(super) struct Checked {
    pub(super) krate: Path,
    pub(super) source: Source,
    pub(super) key: Key,
    pub(super) returns: Type,
    pub(super) companions: Companions,
    pub(super) errors: ErrorArguments,
    /// Loads run in tasks of their own.
    pub(super) detached: bool,
    /// The tags of its entries.
    pub(super) tags: Vec<Tag>,
    /// Loads can be ended.
    pub(super) ends_loads: bool,
    /// Loads can be refused.
    pub(super) refuses_loads: bool,
}

/// Checks everything that can be checked, so that one compile shows all mistakes.
///
/// Returns `None` when the function itself cannot be cached; a wrong argument gives a stand-in
/// instead.
pub(super) fn validate(
    args: &Args,
    function: &Function,
    surroundings: &Surroundings,
    errors: &mut Errors,
) -> Option<Checked> {
    let before = errors.count();
    signature::check(function, surroundings, errors);
    // Without `async` the return type is not the type of the value.
    let returns = if errors.count() == before { returns::check(function, errors) } else { None };
    let krate = crate_path::or_default(args.krate.as_ref().map(|arg| &arg.value), errors);
    let source = source::check(args, function, errors);
    let key = key::check(args, function, source.declared(), returns.is_some(), errors);
    if let Some(returns) = returns {
        weighed::check(args, function, returns, errors);
    }
    let of_errors = ErrorArguments::check(args, function, returns, errors);
    let companions = companions::check(args, function, surroundings, errors);
    let detached = detach::check(args, function, errors);
    let tags = tags::check(args, function, &key, errors);
    let ends_loads = timeouts::check(args, function, errors);
    let refuses_loads = budget::check(args, function, errors);
    let returns = returns?.clone();
    Some(Checked {
        krate,
        source,
        key,
        returns,
        companions,
        errors: of_errors,
        detached,
        tags,
        ends_loads,
        refuses_loads,
    })
}
