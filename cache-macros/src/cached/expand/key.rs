//! The key: one expression.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::GenericParam;

use super::{Model, hygienic, shown_at};
use crate::cached::model::Encoded;

/// The name of the key and the statement that makes it.
pub(super) fn binding(model: &Model) -> (Ident, TokenStream) {
    let key = hygienic("__key");
    let krate = &model.krate;
    let types = types(model);
    let parts = model.parts.iter().map(part);
    let statement = quote!(let #key = #krate::__private::KeyEncoder::new()#types #(#parts)*.finish(););
    (key, statement)
}

/// What the function is generic over tells its calls apart like an argument.
fn types(model: &Model) -> TokenStream {
    let this = model.function.associated.then(|| quote!(.type_arg::<Self>()));
    let generics = model.function.sig.generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => {
            let ident = &param.ident;
            quote!(.type_arg::<#ident>())
        }
        GenericParam::Const(param) => {
            let ident = &param.ident;
            quote!(.arg(&#ident))
        }
        GenericParam::Lifetime(_) => TokenStream::new(),
    });
    quote!(#this #(#generics)*)
}

fn part(part: &Encoded) -> TokenStream {
    let Encoded { value, span, opaque } = part;
    let arg = quote_spanned!(shown_at(*span)=> .arg(&#value));
    let kind = opaque.then(|| quote!(.type_arg_of(&#value)));
    quote!(#kind #arg)
}
