//! The implementation of `CacheKey`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::{Body, Field, Model, Shape};
use crate::shared::{spans::shown_at, tokens::hygienic};

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, .. } = model;
    let (generics, arguments, bounds) = model.generics.split_for_impl();
    let this = quote!(self);
    let key = key();
    let (key_or_unused, body) = match &model.body {
        Body::Struct(shape) if is_empty(shape) => (quote!(_), TokenStream::new()),
        Body::Struct(shape) => (quote!(#key), structure(model, shape)),
        Body::Enum(variants) if variants.is_empty() => (quote!(_), quote!(match *#this {})),
        Body::Enum(variants) => {
            let arms = variants.iter().map(|(name, shape)| arm(model, name, shape));
            (quote!(#key), quote!(match #this { #(#arms)* }))
        }
    };
    quote! {
        #[automatically_derived]
        impl #generics #krate::__private::CacheKey for #ident #arguments #bounds {
            fn encode(&self, #key_or_unused: &mut #krate::__private::KeyEncoder) {
                #body
            }
        }
    }
}

fn is_empty(shape: &Shape) -> bool {
    shape.text.is_none() && shape.fields.is_empty()
}

fn structure(model: &Model, shape: &Shape) -> TokenStream {
    let values = shape.fields.iter().map(|Field { member, ty }| {
        let span = shown_at(ty.span());
        quote_spanned!(span=> .field(&self.#member))
    });
    encoded(model, shape, values)
}

fn arm(model: &Model, name: &Ident, shape: &Shape) -> TokenStream {
    let patterns = shape.fields.iter().map(|field| {
        let member = &field.member;
        let binding = field.binding();
        quote!(#member: #binding)
    });
    let values = shape.fields.iter().map(|field| {
        let mut binding = field.binding();
        let span = shown_at(field.ty.span());
        binding.set_span(binding.span().located_at(span));
        quote_spanned!(span=> .field(#binding))
    });
    let encoded = encoded(model, shape, values);
    // Braces fit a tuple and a unit variant as well, and `..` stands for what is skipped.
    quote!(Self::#name { #(#patterns,)* .. } => { #encoded })
}

/// Shape and fields in one chain.
fn encoded(model: &Model, shape: &Shape, values: impl Iterator<Item = TokenStream>) -> TokenStream {
    let krate = &model.krate;
    let key = key();
    let shape =
        shape.text.as_ref().map(|text| quote!(.shape(const { #krate::__private::shape(#text) })));
    quote!(#key #shape #(#values)*;)
}

fn key() -> Ident {
    hygienic("__key")
}
