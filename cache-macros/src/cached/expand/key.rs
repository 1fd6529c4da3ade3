//! The key: one expression.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::GenericParam;

use super::{Model, hygienic};
use crate::{cached::model::Encoded, spans::shown_at};

/// The name of the key and the statement that makes it, for whoever borrows it across an await.
pub(super) fn binding(model: &Model) -> (Ident, TokenStream) {
    let (name, key) = (hygienic("__key"), expression(model));
    let statement = quote!(let #name = #key;);
    (name, statement)
}

/// The key for who takes it as it is, and what has to stand before: the key of a method is too long for one line.
pub(super) fn given(model: &Model) -> (TokenStream, TokenStream) {
    if !model.function.associated {
        return (TokenStream::new(), expression(model));
    }
    let (name, statement) = binding(model);
    (statement, name.to_token_stream())
}

/// The key.
fn expression(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let (types, parts) = (types(model), model.parts.iter().map(part));
    quote!(#krate::__private::Key::of(&[#(#types,)* #(#parts),*]))
}

/// What the function is generic over tells its calls apart like an argument.
fn types(model: &Model) -> Vec<TokenStream> {
    let this = model.function.associated.then(|| quote!(&::core::any::type_name::<Self>()));
    let generics = model.function.sig.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => {
            let ident = &param.ident;
            Some(quote!(&::core::any::type_name::<#ident>()))
        }
        GenericParam::Const(param) => {
            let ident = &param.ident;
            Some(quote!(&#ident))
        }
        GenericParam::Lifetime(_) => None,
    });
    this.into_iter().chain(generics).collect()
}

fn part(part: &Encoded) -> TokenStream {
    let Encoded { value, span, opaque } = part;
    let kind = opaque.then(|| quote!(&::core::any::type_name_of_val(&#value),));
    let value = quote_spanned!(shown_at(*span)=> &#value);
    quote!(#kind #value)
}
