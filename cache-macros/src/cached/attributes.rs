//! The function's own attributes, sorted by the emitted items that they are for.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Ident, Meta, Token, ext::IdentExt as _, parse_quote, punctuated::Punctuated};

/// The attributes of the user's function, by what they are about.
#[derive(Default)]
pub(super) struct Attributes {
    /// For every emitted item: `cfg`, and the lints that the user has silenced.
    pub(super) everywhere: Vec<Attribute>,
    /// For callers: `doc`, `must_use`, `deprecated`, `#[axum::debug_handler]`.
    pub(super) wrapper: Vec<Attribute>,
    /// For running the function, `#[tracing::instrument]` for one.
    pub(super) body: Vec<Attribute>,
    /// The function is `#[doc(hidden)]`, and so are its companions.
    pub(super) hidden: bool,
}

impl Attributes {
    pub(super) fn sort(attrs: &[Attribute], function: &Ident) -> Self {
        let mut sorted = Self::default();
        for attr in attrs.iter().flat_map(unpack) {
            sorted.place(attr, function);
        }
        sorted
    }

    fn place(&mut self, attr: Attribute, function: &Ident) {
        let kind = subject(&attr).map(|ident| ident.to_string()).unwrap_or_default();
        match kind.as_str() {
            "cfg" | "allow" => self.everywhere.push(attr),
            // One lint would have to be met in every item: the expectation becomes a permission.
            "expect" => self.everywhere.push(permission(&attr)),
            "doc" | "must_use" | "deprecated" => {
                self.hidden |= is_hidden(&attr);
                self.wrapper.push(attr);
            }
            "warn" | "deny" | "forbid" => {
                self.wrapper.push(attr.clone());
                self.body.push(attr);
            }
            _ if checks_handler(&attr) => self.wrapper.push(attr),
            _ => self.body.push(named_span(attr, function)),
        }
    }
}

/// `cfg_attr(test, inline, doc = "x")` is two attributes that may go to two places.
fn unpack(attr: &Attribute) -> Vec<Attribute> {
    let listed = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    match listed {
        Ok(metas) if attr.path().is_ident("cfg_attr") => {
            let mut metas = metas.into_iter();
            let condition = metas.next();
            metas.map(|meta| parse_quote!(#[cfg_attr(#condition, #meta)])).collect()
        }
        _ => vec![attr.clone()],
    }
}

/// The word that says what an attribute is about, looked for inside `cfg_attr`.
fn subject(attr: &Attribute) -> Option<Ident> {
    if !attr.path().is_ident("cfg_attr") {
        return attr.path().get_ident().cloned();
    }
    let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    metas.last()?.path().get_ident().cloned()
}

/// Returns true for `#[axum::debug_handler]` and its like, which check the function that a router
/// is given.
fn checks_handler(attr: &Attribute) -> bool {
    const CHECKS: [&str; 2] = ["debug_handler", "debug_middleware"];
    let last = attr.path().segments.last();
    last.is_some_and(|last| CHECKS.iter().any(|check| last.ident == check))
}

fn permission(attr: &Attribute) -> Attribute {
    let renamed = rename(attr.meta.to_token_stream(), "expect", "allow");
    parse_quote!(#[#renamed])
}

/// Renames the word at top level, or one list down in a `cfg_attr`.
fn rename(tokens: TokenStream, from: &str, to: &str) -> TokenStream {
    let renamed = |token| match token {
        TokenTree::Ident(ident) if ident == from => Ident::new(to, ident.span()).into(),
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            Group::new(Delimiter::Parenthesis, rename(group.stream(), from, to)).into()
        }
        token => token,
    };
    tokens.into_iter().map(renamed).collect()
}

fn is_hidden(attr: &Attribute) -> bool {
    attr.path().is_ident("doc")
        && matches!(&attr.meta, Meta::List(list) if list.tokens.to_string() == "hidden")
}

/// The body's own name is hidden, so that a span of `#[instrument]` would be called `__body`: it
/// gets the function's name unless it has one.
fn named_span(attr: Attribute, function: &Ident) -> Attribute {
    if attr.path().segments.last().is_none_or(|last| last.ident != "instrument") {
        return attr;
    }
    let path = attr.path();
    let name = function.unraw().to_string();
    match &attr.meta {
        Meta::Path(_) => parse_quote!(#[#path(name = #name)]),
        Meta::List(list) if !gives_name(&list.tokens) => {
            let rest = &list.tokens;
            parse_quote!(#[#path(name = #name, #rest)])
        }
        _ => attr,
    }
}

/// `fields(name = ..)` lies deeper and names no span.
fn gives_name(tokens: &TokenStream) -> bool {
    let tokens = Vec::from_iter(tokens.clone());
    let named = |pair: &[TokenTree]| matches!(pair, [TokenTree::Ident(word), TokenTree::Punct(sign)] if word == "name" && sign.as_char() == '=');
    matches!(tokens.first(), Some(TokenTree::Literal(_))) || tokens.windows(2).any(named)
}
