//! `#[cached]`: args -> function -> validate -> model -> expand, each handing plain data on.

mod attributes;
mod batch;
mod expand;
mod function;
mod model;
mod self_type;
mod surroundings;
mod trait_impl;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use self::{function::Function, model::Model, surroundings::Surroundings};
use crate::shared::{arguments, errors::Errors};

/// Expands the attribute with `args` on `item`.
///
/// Beside an error the full expansion is emitted as long as there is a stand-in for the wrong
/// argument, so that uses of the companions do not fail as well; else the item as it was written.
pub(crate) fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    if let Some(item) = trait_impl::parse(&item) {
        return trait_impl::cached(&args, item);
    }
    let mut errors = Errors::new();
    let args = arguments::parse(args, &mut errors);
    let Some(function) = Function::parse(item.clone(), &mut errors) else {
        return errors.beside(item);
    };
    let surroundings = Surroundings::of(function.ident());
    let (function, batch) = batch::of_one_item(&args, function, &mut errors);
    let checked = validate::validate(&args, &function, &surroundings, &mut errors);
    let expansion = match checked {
        Some(checked) => expand::expand(&Model::new(checked, function, batch)),
        None => item,
    };
    errors.beside(expansion)
}
