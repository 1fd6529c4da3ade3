//! `#[cached]` on the impl of a trait. The impl keeps the trait's own functions. An inherent impl
//! beside it has everything else, because a trait's impl cannot have further functions.

mod block;
mod own_types;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, ImplItem, ImplItemFn, ItemImpl, Meta};

use self::{block::Block, own_types::OwnTypes};
use super::{
    batch,
    expand::{self, Pieces},
    function::Function,
    model::Model,
    surroundings::Surroundings,
    validate,
};
use crate::{
    effect::{Effect, effect},
    shared::{arguments, errors::Errors},
};

/// Returns the impl that the attribute stands on, if it is one.
pub(super) fn parse(item: &TokenStream) -> Option<ItemImpl> {
    // Most items are functions, which are not parsed as an impl first.
    let is_impl = item.clone().into_iter().any(|token| token.to_string() == "impl");
    is_impl.then(|| syn::parse2(item.clone()).ok()).flatten()
}

/// Expands the attribute with `args` on `item`.
pub(super) fn cached(args: &TokenStream, mut item: ItemImpl) -> TokenStream {
    let mut errors = Errors::new();
    let Some(block) = Block::check(args, &item, &mut errors) else {
        return errors.beside(plain(item));
    };
    let own_types = OwnTypes::of(&item);
    let mut beside = vec![];
    for member in &mut item.items {
        if let ImplItem::Fn(method) = member {
            let (kept, moved) = expanded(method.clone(), &own_types, &mut errors);
            *member = ImplItem::Verbatim(kept);
            beside.push(moved);
        }
    }
    let inherent = block.inherent(&beside);
    errors.beside(quote!(#item #inherent))
}

/// Returns the impl without the attributes at its methods.
fn plain(mut item: ItemImpl) -> TokenStream {
    for member in &mut item.items {
        if let ImplItem::Fn(method) = member {
            method.attrs.retain(|attribute| !is_ours(attribute));
        }
    }
    item.into_token_stream()
}

/// Returns true for an attribute that says what a method does with caches.
fn is_ours(attribute: &Attribute) -> bool {
    const NAMES: [&str; 4] = ["cached", "invalidate", "expire", "cache_put"];
    let last = attribute.path().segments.last();
    last.is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// Returns a method as the impl of the trait keeps it, and what belongs into the inherent one.
fn expanded(
    mut method: ImplItemFn,
    own_types: &OwnTypes,
    errors: &mut Errors,
) -> (TokenStream, TokenStream) {
    if let Some(attribute) = take(&mut method.attrs, "cached") {
        let tokens = own_types.spelled_out(method.clone());
        return match pieces(given(&attribute), tokens, errors) {
            Some(Pieces { wrapper, beside }) => (wrapper, beside),
            None => (method.to_token_stream(), TokenStream::new()),
        };
    }
    // Before `#[async_trait]`, which would leave a function that only returns a future.
    let effects = [
        ("invalidate", Effect::Invalidate),
        ("expire", Effect::Expire),
        ("cache_put", Effect::Put),
    ];
    for (name, kind) in effects {
        if let Some(attribute) = take(&mut method.attrs, name) {
            let rest = method.to_token_stream();
            return (effect(kind, given(&attribute), rest), TokenStream::new());
        }
    }
    (method.to_token_stream(), TokenStream::new())
}

fn pieces(args: TokenStream, tokens: TokenStream, errors: &mut Errors) -> Option<Pieces> {
    let args = arguments::parse(args, errors);
    let function = Function::parse_in_trait_impl(tokens, errors)?;
    let (function, batch) = batch::of_one_item(&args, function, errors);
    let checked = validate::validate(&args, &function, &Surroundings::default(), errors)?;
    Some(expand::pieces(&Model::new(checked, function, batch)))
}

/// Takes the first attribute whose last word is `name`.
fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let is_named = |attribute: &Attribute| {
        attribute.path().segments.last().is_some_and(|last| last.ident == name)
    };
    attributes.iter().position(is_named).map(|place| attributes.remove(place))
}

fn given(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}
