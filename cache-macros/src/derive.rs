//! `#[derive(CacheKey)]`: the type taken apart, then its encoding.

mod expand;
mod model;
mod options;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use self::model::Model;
use crate::shared::errors::Errors;

/// Implements `CacheKey` for `item`. With errors, what can be encoded still is: uses of the type do
/// not fail as well.
pub(crate) fn cache_key(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let expansion = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => Model::new(input, &mut errors).map(|model| expand::expand(&model)),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    errors.beside(expansion.unwrap_or_default())
}
