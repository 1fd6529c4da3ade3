//! The key: made in one place, `__at`, from references to what forms it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ReceiverKind, Type};

use super::{
    super::model::{
        Model,
        input::{Input, SelfInput},
    },
    signature::{call, value},
};
use crate::shared::{companion::Companion, spans::placed, types::last_segment};

/// Emits `home::__at(..)`, with the arguments by reference.
pub(super) fn given(model: &Model, home: &TokenStream) -> TokenStream {
    given_to(model, home, Companion::At)
}

/// Emits the call of a function that returns the entry, with the arguments by reference.
pub(super) fn given_to(model: &Model, home: &TokenStream, companion: Companion) -> TokenStream {
    let taken = model.taken.arguments();
    let at = placed(call(home, &model.name_of(companion), &taken), model.returns_shown);
    let arguments =
        receiver(model).into_iter().chain(model.params.iter().map(|param| argument(model, param)));
    quote_spanned!(model.returns_shown=> #at(#(#arguments),*))
}

fn argument(model: &Model, Input { name, ty, keyed, .. }: &Input) -> TokenStream {
    match ty {
        _ if !keyed => skipped(model),
        Type::Reference(_) => name.to_token_stream(),
        _ => quote!(&#name),
    }
}

fn receiver(model: &Model) -> Option<TokenStream> {
    let SelfInput { declared, keyed } = model.receiver.as_ref()?;
    let this = declared.self_token;
    Some(match declared.kind {
        _ if !keyed => skipped(model),
        ReceiverKind::Reference(..) => this.to_token_stream(),
        _ => quote!(&#this),
    })
}

fn skipped(model: &Model) -> TokenStream {
    let krate = &model.krate;
    quote!(#krate::__private::Skipped)
}

/// Emits the parameters of `__at`: all of the function's, each by reference or skipped.
pub(super) fn declared(model: &Model) -> Vec<TokenStream> {
    let skipped = skipped(model);
    let receiver = model.receiver.iter().map(|receiver| {
        // A target that names the method by its path need not have a receiver.
        if receiver.keyed { quote!(&self) } else { quote!(_: impl ::core::marker::Sized) }
    });
    let params = model.params.iter().map(|Input { name, by_reference, keyed, .. }| {
        if *keyed { quote!(#name: #by_reference) } else { quote!(_: #skipped) }
    });
    receiver.chain(params).collect()
}

/// Emits the parameters of `__at` where it calls `__key`, and the arguments of that call.
pub(super) fn forwarded(model: &Model) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let skipped = skipped(model);
    let receiver = model
        .receiver
        .iter()
        .map(|receiver| if receiver.keyed { quote!(self) } else { skipped.clone() });
    let params =
        model.params.iter().map(
            |Input { name, keyed, .. }| {
                if *keyed { name.to_token_stream() } else { skipped.clone() }
            },
        );
    (declared(model), receiver.chain(params).collect())
}

/// Emits `#[allow]` where a lint knows a better type for a reference to what the user's function
/// takes by value.
pub(super) fn allow_references(model: &Model) -> Option<TokenStream> {
    const KNOWN: [&str; 6] = ["Box", "Cow", "Option", "PathBuf", "String", "Vec"];
    let known = |ty: &Type| {
        last_segment(ty).is_some_and(|last| KNOWN.iter().any(|name| last.ident == name))
    };
    let by_value = model.params.iter().any(|param| param.keyed && known(&param.ty));
    by_value.then(|| quote!(#[allow(clippy::borrowed_box, clippy::ptr_arg, clippy::ref_option, clippy::ref_option_ref)]))
}

/// Emits the list of the key's parts: the types first, which `tag` names, and constants last.
pub(super) fn parts(model: &Model, tag: &Ident) -> TokenStream {
    let parts = types(model, tag).chain(model.parts.iter().cloned()).chain(constants(model));
    quote!(&[#(#parts),*])
}

/// Emits the types that tell calls apart.
fn types(model: &Model, tag: &Ident) -> impl Iterator<Item = TokenStream> {
    let own = model.types.self_type.then(|| quote!(Self));
    let value = model.types.value.then(|| value(model));
    let generics = model.function.item.sig.generics.type_params().map(|param| &param.ident);
    let telling = generics.filter(|ident| model.types.params.contains(ident));
    own.into_iter()
        .chain(value)
        .chain(telling.map(ToTokens::to_token_stream))
        .map(move |named| quote!(&#tag.type_of::<#named>()))
}

/// Emits the constants that tell calls apart.
fn constants(model: &Model) -> impl Iterator<Item = TokenStream> {
    let constants = model.function.item.sig.generics.const_params().map(|param| &param.ident);
    constants.filter(|ident| model.types.params.contains(ident)).map(|ident| quote!(&#ident))
}
