//! The rules of functions that can be cached.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Receiver, ReceiverKind, Safety, Type, TypeReference};

use super::super::{function::Function, surroundings::Surroundings};
use crate::shared::{
    errors::Errors,
    types::{is_boxed_future, is_future, peel},
};

pub(super) fn check(function: &Function, surroundings: &Surroundings, errors: &mut Errors) {
    let before = errors.count();
    runs_later(function, errors);
    if errors.count() == before && function.associated {
        stands_in_an_inherent_impl(function, surroundings, errors);
    }
    is_called_from_rust(function, errors);
    if let Some(exclusive) = function.receiver().and_then(exclusive_receiver) {
        let message = "a cached method takes `&self`: a hit would skip the change that `&mut self` is for; keep what \
                       changes behind a lock";
        errors.at(exclusive, message);
    }
    attributes(function, errors);
}

/// Refuses a function that is `const`, or whose value is a future.
fn runs_later(function: &Function, errors: &mut Errors) {
    let sig = &function.item.sig;
    if sig.asyncness.is_some() {
        return;
    }
    if let Some(constness) = &sig.constness {
        errors.at(
            constness,
            "`#[cached]` needs a function that runs: a `const fn` may run while compiling; remove `#[cached]`",
        );
    } else if function.associated && function.returns().is_some_and(is_boxed_future) {
        let message = "`#[async_trait]` on the impl has run first and has left a boxed future here, which cannot be \
                       cached: write `#[cached]` on the impl as well, above `#[async_trait]`";
        errors.at(&sig.ident, message);
    } else if function.returns().is_some_and(is_future) {
        let message = format!(
            "a future is not a value that can be cached: write `async fn {}`, which returns what the \
             future returns",
            sig.ident
        );
        errors.at(&sig.ident, message);
    }
}

/// Refuses a method in a trait's impl, which has no place for companions.
fn stands_in_an_inherent_impl(
    function: &Function,
    surroundings: &Surroundings,
    errors: &mut Errors,
) {
    let Some(header) = surroundings.trait_impl() else { return };
    let message = format!(
        "a trait's impl cannot hold the companions of a cached method, such as `invalidate`: write \
         `#[cached]` on the impl as well, as in `#[cached] {header}`, above `#[async_trait]` if it has that"
    );
    errors.at(function.ident(), message);
}

/// Refuses `unsafe` and `extern`, which promise something about a call that a hit does not make.
fn is_called_from_rust(function: &Function, errors: &mut Errors) {
    if let Safety::Unsafe(unsafety) = &function.item.sig.safety {
        let message =
            "`#[cached]` needs a safe function: cache a safe one around the `unsafe` call";
        errors.at(unsafety, message);
    }
    if let Some(abi) = &function.item.sig.abi {
        errors.at(
            abi,
            "`#[cached]` needs a Rust function: cache one that this `extern` function calls",
        );
    }
}

/// Returns the `&mut` of `&mut self` or `self: &mut Self`.
fn exclusive_receiver(receiver: &Receiver) -> Option<TokenStream> {
    match &receiver.kind {
        ReceiverKind::Reference(and, _, Some(exclusive)) => {
            let this = &receiver.self_token;
            Some(quote!(#and #exclusive #this))
        }
        ReceiverKind::Typed(_, ty) => exclusive_reference(ty),
        _ => None,
    }
}

/// Returns the `&mut` of a type that is a `&mut` reference.
pub(super) fn exclusive_reference(ty: &Type) -> Option<TokenStream> {
    match peel(ty) {
        Type::Reference(TypeReference {
            and_token, lifetime, mutability: Some(exclusive), ..
        }) => Some(quote!(#and_token #lifetime #exclusive)),
        _ => None,
    }
}

fn attributes(function: &Function, errors: &mut Errors) {
    for attr in &function.item.attrs {
        if attr.path().segments.last().is_some_and(|last| last.ident == "cached") {
            errors.at(attr, "`#[cached]` is given twice: keep one");
        }
    }
    for attr in function.item.input_attributes() {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.at(
                attr,
                "`cfg` cannot stand on a parameter of a cached function: write two functions, each with a `cfg`",
            );
        }
    }
}
