//! The pieces of signatures and calls that the emitted functions have in common.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Generics, ReceiverKind, Type};

use super::super::{
    batch::Batch,
    model::{Model, generics::arguments, input::Input},
};
use crate::shared::{
    companion::Companion,
    spans::{placed, shown_at, word_of},
    tokens::hygienic,
};

/// The inputs that an emitted function declares.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Inputs {
    All,
    Keyed,
}

pub(super) fn inputs(model: &Model, which: Inputs) -> Vec<TokenStream> {
    let wanted = |keyed: bool| which == Inputs::All || keyed;
    let receiver = model.receiver.iter().filter(|receiver| wanted(receiver.keyed));
    let receiver = receiver.map(|receiver| receiver.declared.to_token_stream());
    let params = model.params.iter().enumerate().filter(|(_, param)| wanted(param.keyed));
    let params = params.map(|(place, Input { name, ty, taken, .. })| {
        let list = model.batch.as_ref().filter(|list| list.place == place);
        match (which, list) {
            (Inputs::All, Some(Batch { ty, .. })) => quote!(#name: #ty),
            (Inputs::All, None) => quote!(#name: #ty),
            (Inputs::Keyed, _) => quote!(#name: #taken),
        }
    });
    receiver.chain(params).collect()
}

/// Emits the call of the body, which runs it or makes its future, with every input handed on.
pub(super) fn run(model: &Model, home: &TokenStream) -> TokenStream {
    let generics = arguments(&model.function.item.sig.generics);
    let body = call(home, &model.name_of(Companion::Body), &generics);
    let receiver =
        model.receiver.iter().map(|receiver| receiver.declared.self_token.to_token_stream());
    let params = model.params.iter().map(|param| param.name.to_token_stream());
    let arguments = receiver.chain(params);
    quote!(#body(#(#arguments),*))
}

/// Emits a closure that returns the body's future, with every input in its ownership: what was
/// borrowed is cloned.
pub(super) fn run_owned(model: &Model, home: &TokenStream) -> TokenStream {
    let generics = arguments(&model.function.item.sig.generics);
    let body = call(home, &model.name_of(Companion::Body), &generics);
    let this = hygienic("__this");
    let receiver = model.receiver.as_ref().map(|receiver| {
        let word = receiver.declared.self_token.to_token_stream();
        if matches!(receiver.declared.kind, ReceiverKind::Reference(..)) {
            let owned = owned(model, &this, &word, receiver.declared.self_token.span);
            (owned, quote!(&#this))
        } else {
            (TokenStream::new(), word)
        }
    });
    let params = model.params.iter().map(|Input { name, ty, .. }| {
        if matches!(ty, Type::Reference(_)) {
            let owned = owned(model, name, &name.to_token_stream(), word_of(ty));
            (owned, quote!(&#name))
        } else {
            (TokenStream::new(), name.to_token_stream())
        }
    });
    let (owned, arguments): (Vec<_>, Vec<_>) = receiver.into_iter().chain(params).unzip();
    quote!(move || { #(#owned)* async move { #body(#(#arguments),*).await } })
}

/// Emits the statement that gives the task a copy of what was borrowed. The error of a type that
/// cannot be copied is shown at `span`, and only there.
pub(super) fn owned(model: &Model, name: &Ident, value: &TokenStream, span: Span) -> TokenStream {
    let krate = placed(&model.krate, span);
    let value = placed(value, span);
    let call = quote_spanned!(shown_at(span)=> #krate::__private::OwnedByTask::owned(#value));
    quote!(let #name = #call;)
}

/// Emits `home::name::<T, N>`: the arguments need not tell the type parameters.
pub(super) fn call(home: &TokenStream, name: &Ident, generics: &[&Ident]) -> TokenStream {
    if generics.is_empty() { quote!(#home::#name) } else { quote!(#home::#name::<#(#generics),*>) }
}

/// Emits the type of the value: `Ok`'s, or the return type.
pub(super) fn value(model: &Model) -> TokenStream {
    let Model { returns, returns_shown: span, .. } = model;
    let span = *span;
    if !model.fallible {
        return returns.to_token_stream();
    }
    let facade = placed(&model.krate, span);
    quote_spanned!(span=> #facade::__private::Value<#returns>)
}

/// Emits the permission not to use all of `generics`, or a lifetime once: a companion has fewer
/// inputs than the function.
pub(super) fn allow_unused(generics: &Generics) -> Option<TokenStream> {
    (!generics.params.is_empty()).then(
        || quote!(#[allow(single_use_lifetimes, unused_lifetimes, clippy::extra_unused_type_parameters)]),
    )
}

/// Emits `#[allow]` for lints that the user's own signature triggers, and for `more`.
pub(super) fn allow_lints(model: &Model, more: &TokenStream) -> TokenStream {
    // `put` takes one more, and clippy does not ask below eight.
    let many = model.params.len() >= 7 - usize::from(model.receiver.is_some());
    let many = many.then(|| quote!(clippy::too_many_arguments,));
    // The user has decided for `async`, or against it; and the attribute refuses `const`.
    let kind = if model.function.is_async() {
        quote!(clippy::unused_async)
    } else {
        quote!(clippy::missing_const_for_fn)
    };
    quote!(#[allow(#more #many clippy::type_complexity, #kind)])
}
