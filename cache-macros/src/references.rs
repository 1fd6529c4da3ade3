//! Expressions behind a `&`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

/// Parentheses only where `&` would bind tighter: the others would be warned of.
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
