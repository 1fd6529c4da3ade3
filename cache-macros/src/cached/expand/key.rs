//! The key: made in one place, `__at`, from references to what forms it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{GenericParam, ReceiverKind, Type};

use super::{Model, call, hygienic};
use crate::{
    cached::{
        model::{Encoded, Outer, by_reference},
        signature::last_segment,
    },
    spans::placed,
};

/// The name of the call's place and the statement that makes it, for whoever borrows it across an await.
pub(super) fn binding(model: &Model, home: &TokenStream) -> (Ident, TokenStream) {
    let (name, at) = (hygienic("__at"), given(model, home));
    let statement = quote!(let #name = #at;);
    (name, statement)
}

/// `home::__at(..)`, with the arguments by reference.
pub(super) fn given(model: &Model, home: &TokenStream) -> TokenStream {
    let at = placed(call(model, home, &model.names.at), model.returns_shown);
    let arguments =
        receiver(model).into_iter().chain(model.params.iter().map(|param| argument(model, param)));
    quote_spanned!(model.returns_shown=> #at(#(#arguments),*))
}

fn argument(model: &Model, param: &Outer<(Ident, Type)>) -> TokenStream {
    let (name, ty) = &param.declared;
    match ty {
        _ if !param.keyed => skipped(model),
        Type::Reference(_) => name.to_token_stream(),
        _ => quote!(&#name),
    }
}

fn receiver(model: &Model) -> Option<TokenStream> {
    let Outer { declared, keyed } = model.receiver.as_ref()?;
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

/// The parameters as `__at` declares them: all of them, each by reference or skipped.
pub(super) fn declared(model: &Model) -> Vec<TokenStream> {
    let skipped = skipped(model);
    let receiver = model.receiver.iter().map(|receiver| {
        // Whoever names the function by a path need not have one.
        if receiver.keyed { quote!(&self) } else { quote!(_: impl ::core::marker::Sized) }
    });
    let params = model.params.iter().map(|param| {
        let (name, ty) = &param.declared;
        let by_reference = by_reference::declared(ty);
        if param.keyed { quote!(#name: #by_reference) } else { quote!(_: #skipped) }
    });
    receiver.chain(params).collect()
}

/// Leave to take a reference to what the user's function takes by value, where a lint knows a better type.
pub(super) fn leave(model: &Model) -> Option<TokenStream> {
    const KNOWN: [&str; 6] = ["Box", "Cow", "Option", "PathBuf", "String", "Vec"];
    let known = |ty: &Type| last_segment(ty).is_some_and(|last| KNOWN.iter().any(|name| last.ident == name));
    let by_value = model.params.iter().any(|param| param.keyed && known(&param.declared.1));
    by_value.then(|| quote!(#[allow(clippy::borrowed_box, clippy::ptr_arg, clippy::ref_option, clippy::ref_option_ref)]))
}

/// What the key is made of.
pub(super) fn parts(model: &Model) -> TokenStream {
    let (types, parts) = (types(model), model.parts.iter().map(part));
    quote!(&[#(#types,)* #(#parts),*])
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
    let Encoded { value, opaque, .. } = part;
    let kind = opaque.then(|| quote!(&::core::any::type_name_of_val(#value),));
    quote!(#kind #value)
}
