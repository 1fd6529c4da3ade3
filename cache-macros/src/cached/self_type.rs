//! Finds out whether a function stands in an impl, which an attribute is not told.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::shared::{item::Item, mentions::Mentions};

/// Returns true if `item` has a receiver, or names `Self` in its signature or its body.
pub(super) fn is_named_in(item: &Item) -> bool {
    item.sig.receiver().is_some()
        || Mentions::of_signature(&item.sig).has_word("Self")
        || body_names_self(item.body.stream())
}

/// Looks for the `Self` of the function's own impl: an item inside the body has another one.
fn body_names_self(tokens: TokenStream) -> bool {
    let tokens = Vec::from_iter(tokens);
    let mut in_item = false;
    let mut at_start = true;
    for (place, token) in tokens.iter().enumerate() {
        match token {
            // The block of an item ends it; a `;` ends one without a block.
            TokenTree::Group(group) if in_item => in_item = group.delimiter() != Delimiter::Brace,
            TokenTree::Group(group) if body_names_self(group.stream()) => return true,
            TokenTree::Punct(punct) if punct.as_char() == ';' => in_item = false,
            TokenTree::Ident(ident) if ident == "Self" && !in_item => return true,
            TokenTree::Ident(ident) => {
                in_item |= begins_item(ident, at_start, tokens.get(place + 1));
            }
            _ => {}
        }
        at_start = begins_statement(token, at_start);
    }
    false
}

/// `fn` is also a type, `union` a method and `impl` a bound.
fn begins_item(word: &Ident, at_start: bool, next: Option<&TokenTree>) -> bool {
    const NAMED: [&str; 5] = ["trait", "struct", "enum", "union", "fn"];
    let named = NAMED.iter().any(|item| word == item) && matches!(next, Some(TokenTree::Ident(_)));
    named || at_start && word == "impl"
}

/// Returns true if a statement begins after `token`, whose attributes and `unsafe` still come
/// before it.
fn begins_statement(token: &TokenTree, at_start: bool) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';' || at_start && punct.as_char() == '#',
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::Brace
                || at_start && group.delimiter() == Delimiter::Bracket
        }
        TokenTree::Ident(word) => at_start && word == "unsafe",
        TokenTree::Literal(_) => false,
    }
}
