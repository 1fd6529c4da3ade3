//! A target: an entry of a cache, written as a call of the cached function or declared cache.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Expr, ExprAwait, ExprReturn, ExprTry, Path,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::{function::Function, place::Place};
use crate::shared::{
    companion::Companion,
    errors::Errors,
    spans::{placed, shown_at},
    tokens::behind_reference,
};

/// The word for the returned value.
const RESULT: &str = "result";

/// One entry of a cache.
pub(super) struct Target {
    place: Place,
    args: Vec<Expr>,
    /// The word `result` in an argument, if one is about the returned value.
    pub(super) result: Option<Ident>,
}

impl Target {
    pub(super) fn new(place: Place, args: Vec<Expr>, errors: &mut Errors) -> Self {
        for arg in &args {
            Refuser(errors).visit_expr(arg);
        }
        let result = args.iter().find_map(|arg| find_result(arg.to_token_stream()));
        Self { place, args, result }
    }

    /// Emits the call that finds the entry. It encodes the key.
    pub(super) fn at(&self, function: &Function, krate: &Path) -> TokenStream {
        let at = self.place.companion(Companion::At);
        let args = self.args.iter().map(|arg| by_reference(arg, function, krate));
        quote!(#at(#(#args),*))
    }

    /// The place at which the compiler shows errors about the value that it is given.
    pub(super) fn span(&self) -> Span {
        self.place.span()
    }
}

/// Emits a reference to the argument; one that is a reference already stays as it is.
fn by_reference(arg: &Expr, function: &Function, krate: &Path) -> TokenStream {
    let span = shown_at(arg.span());
    match arg {
        Expr::Infer(_) => placed(quote!(#krate::__private::Skipped), span),
        Expr::Path(path)
            if path.path.get_ident().is_some_and(|name| function.is_reference(name)) =>
        {
            arg.to_token_stream()
        }
        _ => {
            let arg = behind_reference(arg);
            quote_spanned!(span=> &#arg)
        }
    }
}

/// Finds the word `result`, also inside a macro. The name of a field is another word.
fn find_result(tokens: TokenStream) -> Option<Ident> {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if ident == RESULT && !after_dot => return Some(ident.clone()),
            TokenTree::Group(group) => {
                if let Some(found) = find_result(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

/// Refuses what an argument cannot do, because it is evaluated outside of the body.
struct Refuser<'e>(&'e mut Errors);

impl Refuser<'_> {
    fn refuse(&mut self, span: Span, what: &str) {
        let way_out = "take it from the parameters, or from what is returned as `result`";
        self.0.at_span(span, format!("an argument of a target cannot use {what}: {way_out}"));
    }
}

impl<'ast> Visit<'ast> for Refuser<'_> {
    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        self.refuse(expr.await_token.span, "`.await`");
    }

    fn visit_expr_try(&mut self, expr: &'ast ExprTry) {
        self.refuse(expr.question_token.span, "`?`");
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        self.refuse(expr.return_token.span, "`return`");
        visit::visit_expr_return(self, expr);
    }
}
