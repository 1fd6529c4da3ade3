//! The user's function under another name.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;

use super::{super::model::Model, signature::allow_lints};
use crate::shared::companion::Companion;

/// Emits the user's function under another name: an error in it is shown where it is written.
pub(super) fn function(model: &Model) -> TokenStream {
    let everywhere = model.on_each_item();
    let attrs = &model.attributes.body;
    let mut sig = model.written().sig.clone();
    sig.ident = model.name_of(Companion::Body);
    let block = block(model);
    let allowed = model.function.associated.then(|| allow_lints(model, &TokenStream::new()));
    quote!(#(#everywhere)* #allowed #(#attrs)* #sig #block)
}

/// Emits the body as it was written, and uses the parameters that only form the key before it.
fn block(model: &Model) -> TokenTree {
    let (attributes, statements) = inner_attributes(model.function.item.body.stream());
    let used = parameters_of_the_key(model);
    let used = (!used.is_empty()).then(|| quote!(_ = (#(&#used,)*);));
    let mut block = Group::new(Delimiter::Brace, quote!(#attributes #used #statements));
    block.set_span(model.function.item.body.span());
    block.into()
}

/// Returns the parameters that form the key, by their names in the body. A name that begins with
/// `_` says itself that it is not used.
fn parameters_of_the_key(model: &Model) -> Vec<&Ident> {
    let keyed = model.function.params.iter().zip(&model.params).filter(|(_, input)| input.keyed);
    let names = keyed.filter_map(|(param, _)| param.name.as_ref());
    names.filter(|name| !name.to_string().starts_with('_')).collect()
}

/// Splits a body after its `#![..]` attributes, which come before all statements.
fn inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let tokens = Vec::from_iter(body);
    let is_attribute = |tokens: &[TokenTree]| {
        matches!(tokens, [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(group)]
            if hash.as_char() == '#' && bang.as_char() == '!' && group.delimiter() == Delimiter::Bracket)
    };
    let count = tokens.chunks(3).take_while(|chunk| is_attribute(chunk)).count();
    let (attributes, statements) = tokens.split_at(3 * count);
    (attributes.iter().cloned().collect(), statements.iter().cloned().collect())
}
