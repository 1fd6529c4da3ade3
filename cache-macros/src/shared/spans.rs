//! The places at which the compiler shows emitted tokens.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Type, spanned::Spanned as _};

/// Returns a span that is shown at the user's `span`, and that lints know for expanded.
pub(crate) fn shown_at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Returns `tokens` shown at `span`, with the hygiene that they have.
pub(crate) fn placed(tokens: impl ToTokens, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_token_stream().into_iter().map(place).collect()
}

/// Returns the place of the word that names a type, without its references, its path and its
/// arguments.
pub(crate) fn word_of(ty: &Type) -> Span {
    match ty {
        Type::Reference(reference) => word_of(&reference.elem),
        Type::Paren(inner) => word_of(&inner.elem),
        Type::Group(inner) => word_of(&inner.elem),
        Type::Path(path) => {
            path.path.segments.last().map_or_else(|| ty.span(), |last| last.ident.span())
        }
        _ => ty.span(),
    }
}
