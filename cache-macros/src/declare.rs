//! `caches!`: declaration -> fields -> expand, for each declaration on its own.

mod declaration;
mod expand;
mod fields;

use proc_macro2::TokenStream;
use syn::parse::Parser as _;

use crate::shared::errors::Errors;

/// Expands the declarations in `tokens`.
pub(crate) fn caches(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let mut expansion = TokenStream::new();
    match declaration::all.parse2(tokens) {
        Ok(declarations) => {
            for declaration in &declarations {
                let checked = fields::check(declaration, &mut errors);
                expansion.extend(expand::expand(declaration, &checked));
            }
        }
        Err(error) => errors.push(error),
    }
    errors.beside(expansion)
}
