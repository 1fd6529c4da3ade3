//! The rules of the attribute. Nothing here emits tokens: what is wrong becomes an error, what is right plain data.

mod key;
mod names;
mod returns;
mod signature;
mod source;
pub(crate) mod values;

use syn::Type;

pub(super) use self::{
    key::{Key, Part},
    source::Source,
};
use super::{args::Args, signature::Function};
use crate::errors::Errors;

/// What the arguments come to on this function.
pub(super) struct Checked {
    pub(super) source: Source,
    pub(super) key: Key,
    pub(super) returns: Type,
}

/// Checks everything that can be checked, so that one compile shows all mistakes.
///
/// `None` when the function itself cannot be cached; a wrong argument gives a stand-in instead.
pub(super) fn validate(args: &Args, function: &Function, errors: &mut Errors) -> Option<Checked> {
    let before = errors.count();
    signature::check(function, errors);
    // Without `async` the return type is not what the function answers with.
    let returns = if errors.count() == before { returns::check(function, errors) } else { None };
    let source = source::check(args, function, errors);
    let key = key::check(args, function, returns.is_some(), errors);
    Some(Checked { source, key, returns: returns?.clone() })
}
