//! `caches!`: declaration -> fields -> expand, for each declaration on its own, of a cache or of a
//! tag.

mod declaration;
mod expand;
mod fields;
mod tag;

use proc_macro2::TokenStream;
use syn::parse::Parser as _;

use self::declaration::Declared;
use crate::shared::errors::Errors;

/// Expands the declarations in `tokens`.
pub(crate) fn caches(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let mut expansion = TokenStream::new();
    match declaration::all.parse2(tokens) {
        Ok(declarations) => {
            for declared in &declarations {
                expansion.extend(match declared {
                    Declared::Cache(cache) => {
                        let checked = fields::check(cache, &mut errors);
                        expand::expand(cache, &checked)
                    }
                    Declared::Tag(tag) => tag::expand(tag, &tag::check(tag, &mut errors)),
                });
            }
        }
        Err(error) => errors.push(error),
    }
    errors.beside(expansion)
}
