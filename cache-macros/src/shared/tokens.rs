//! Helpers for tokens whose meaning does not matter.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, Lit};

/// Splits an attribute's tokens at its commas, so that a malformed argument costs only itself.
///
/// Commas inside brackets belong to the argument, and a trailing comma begins nothing.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![];
    let mut piece = TokenStream::new();
    for token in tokens {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            // A lone comma keeps itself, for the error about it to point at.
            let full = if piece.is_empty() { token.into() } else { std::mem::take(&mut piece) };
            pieces.push(full);
        } else {
            piece.extend([token]);
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Returns `expr` as it can stand behind a `&`.
///
/// Parentheses are added only where `&` would bind tighter: the compiler warns of others.
pub(crate) fn behind_reference(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::MethodCall(_)
        | Expr::Call(_)
        | Expr::Lit(_)
        | Expr::Index(_)
        | Expr::Paren(_)
        | Expr::Tuple(_)
        | Expr::Array(_)
        | Expr::Reference(_)
        | Expr::Unary(_) => quote!(#expr),
        _ => quote!((#expr)),
    }
}

/// Writes tokens without white space, which the compiler may print differently tomorrow.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect()
}

/// Returns a name that cannot clash with a parameter of the user's function.
pub(crate) fn hygienic(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Returns the literal, also where a `macro_rules!` has put an invisible group around it.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
