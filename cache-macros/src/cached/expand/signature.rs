//! The pieces of signatures and calls that the emitted functions have in common.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};

use super::super::model::{Model, input::Input};
use crate::shared::companion::Companion;

/// The inputs that an emitted function declares.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Inputs {
    All,
    Keyed,
}

pub(super) fn inputs(model: &Model, which: Inputs) -> Vec<TokenStream> {
    let wanted = |keyed: bool| which == Inputs::All || keyed;
    let receiver = model.receiver.iter().filter(|receiver| wanted(receiver.keyed));
    let params = model.params.iter().filter(|param| wanted(param.keyed));
    let receiver = receiver.map(|receiver| receiver.declared.to_token_stream());
    receiver.chain(params.map(|Input { name, ty, .. }| quote!(#name: #ty))).collect()
}

/// Emits the body's pinned future, with every input handed on.
pub(super) fn run(model: &Model, home: &TokenStream) -> TokenStream {
    let body = call(model, home, &model.name_of(Companion::Body));
    let receiver =
        model.receiver.iter().map(|receiver| receiver.declared.self_token.to_token_stream());
    let params = model.params.iter().map(|param| param.name.to_token_stream());
    let arguments = receiver.chain(params);
    quote!(::core::pin::pin!(#body(#(#arguments),*)))
}

/// Emits `home::name::<T, N>`: the arguments need not tell the type parameters.
pub(super) fn call(model: &Model, home: &TokenStream, name: &Ident) -> TokenStream {
    match model.function.generic_arguments().as_slice() {
        [] => quote!(#home::#name),
        arguments => quote!(#home::#name::<#(#arguments),*>),
    }
}

/// Returns `<'a, T>` and the permission not to use all of them, or a lifetime once: a companion has
/// the function's generics and fewer inputs.
pub(super) fn generics(model: &Model) -> (TokenStream, TokenStream) {
    let generics = &model.function.item.sig.generics;
    let unused = (!generics.params.is_empty()).then(
        || quote!(#[allow(single_use_lifetimes, unused_lifetimes, clippy::extra_unused_type_parameters)]),
    );
    (unused.unwrap_or_default(), generics.to_token_stream())
}

/// Emits `#[allow]` for lints that the user's own signature triggers, and for `more`.
pub(super) fn allow_lints(model: &Model, more: &TokenStream) -> TokenStream {
    // `put` takes one more, and clippy does not ask below eight.
    let many = model.params.len() >= 7 - usize::from(model.receiver.is_some());
    let many = many.then(|| quote!(clippy::too_many_arguments,));
    // The attribute needs `async`, so that no lint may ask for the opposite.
    quote!(#[allow(#more #many clippy::type_complexity, clippy::unused_async)])
}
