//! The key: made of references to what forms it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ReceiverKind, Type};

use super::{
    super::model::{
        Model,
        input::{Input, SelfInput},
    },
    signature::{call, value},
};
use crate::shared::{companion::Companion, spans::placed, tokens::hygienic, types::last_segment};

/// Emits `home::__at(..)`, with the arguments by reference.
pub(super) fn given(model: &Model, home: &TokenStream) -> TokenStream {
    let taken = model.taken.arguments();
    let at = placed(call(home, &model.name_of(Companion::At), &taken), model.returns_shown);
    let arguments =
        receiver(model).into_iter().chain(model.params.iter().map(|param| argument(model, param)));
    quote_spanned!(model.returns_shown=> #at(#(#arguments),*))
}

/// Returns the name of the place in which a key is made.
pub(super) fn place(span: Span) -> Ident {
    name("__place", span)
}

/// Returns the name of a key.
pub(super) fn word(span: Span) -> Ident {
    name("__key", span)
}

fn name(text: &str, span: Span) -> Ident {
    let mut name = hygienic(text);
    name.set_span(name.span().located_at(span));
    name
}

/// Emits the statements that borrow what forms the key, as `__at` has it, where the function's
/// parameters are.
pub(super) fn borrowed(model: &Model) -> TokenStream {
    let borrowed = model.params.iter().enumerate().filter(|(_, param)| param.keyed);
    let borrowed = borrowed.map(|(place, param)| borrowed_param(model, place, param));
    quote!(#(#borrowed)*)
}

/// Emits the statement that borrows a parameter. Not all that `__at` takes is a part of the key.
fn borrowed_param(
    model: &Model,
    place: usize,
    Input { name, ty, by_reference, .. }: &Input,
) -> Option<TokenStream> {
    let allowed = quote!(#[allow(unused_variables)]);
    let is_item = model.batch.as_ref().is_some_and(|list| list.place == place);
    match ty {
        _ if is_item => Some(quote!(#allowed let #name: #by_reference = #name;)),
        Type::Reference(reference) if reference.mutability.is_none() => None,
        Type::Reference(_) => Some(quote!(#allowed let #name = &*#name;)),
        _ => Some(quote!(#allowed let #name = &#name;)),
    }
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
