//! `#[cached]`: args -> signature -> validate -> model -> expand, each handing plain data on.

pub(crate) mod args;
mod attributes;
pub(crate) mod expand;
pub(crate) mod model;
pub(crate) mod signature;
pub(crate) mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use self::{model::Model, signature::Function};
use crate::errors::Errors;

/// Expands the attribute with `args` on `item`.
///
/// With errors, what is emitted beside them is the full expansion while a stand-in for the wrong argument can be
/// found, so that uses of the companions do not fail as well; else the item as it was written.
pub(crate) fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let args = args::parse(args, &mut errors);
    let Some(function) = Function::parse(item.clone(), &mut errors) else {
        return errors.beside(item);
    };
    let checked = validate::validate(&args, &function, &mut errors);
    let expansion = match checked {
        Some(checked) => expand::expand(&Model::new(checked, function)),
        None => item,
    };
    errors.beside(expansion)
}
