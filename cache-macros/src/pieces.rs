//! What stands between the commas of an attribute: read one by one, so that a malformed one costs only itself.

use proc_macro2::{TokenStream, TokenTree};

/// Commas inside brackets belong to the argument, and a trailing comma is no argument.
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
