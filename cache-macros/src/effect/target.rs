//! A target: which entry of which cache, written as a call of the cached function or declared cache.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    AngleBracketedGenericArguments, Expr, ExprAwait, ExprPath, ExprReturn, ExprTry, Ident, Path,
    PathArguments, parse_quote_spanned,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::function::Function;
use crate::{
    cached::model::Names,
    errors::Errors,
    references::behind_reference,
    spans::{placed, shown_at},
};

/// What stands for the returned value.
const RESULT: &str = "result";

/// A cached function or a declared cache.
pub(super) struct Place {
    path: Path,
    /// A method: its companions are its neighbours, and begin with its name.
    method: bool,
}

/// One entry of it.
pub(super) struct Target {
    pub(super) place: Place,
    args: Vec<Expr>,
    /// The word `result` in an argument, if one is about the returned value.
    pub(super) result: Option<Ident>,
}

impl Place {
    /// Of a path: `profile`, `users::profile`, `Repo::get`, `USERS`.
    pub(super) fn of_path(expr: &ExprPath, errors: &mut Errors) -> Option<Self> {
        if let Some(qself) = &expr.qself {
            errors.at(qself.lt_token, "a target is a plain path: write `Type::method(..)` or `function(..)`");
            return None;
        }
        Some(Self { method: names_method(&expr.path), path: expr.path.clone() })
    }

    /// Of a method of `self`.
    pub(super) fn of_self(method: &Ident) -> Self {
        Self { path: parse_quote_spanned!(method.span()=> Self::#method), method: true }
    }

    /// What a method is called with: `self.get::<u8>(..)`.
    pub(super) fn with_generics(&mut self, turbofish: Option<AngleBracketedGenericArguments>) {
        if let (Some(arguments), Some(last)) = (turbofish, self.path.segments.last_mut()) {
            last.arguments = PathArguments::AngleBracketed(arguments);
        }
    }

    /// The path of its hidden companion that finds an entry.
    fn at(&self) -> TokenStream {
        self.companion("__at")
    }

    /// The path of its companion that is the whole cache.
    pub(super) fn cache(&self) -> TokenStream {
        self.companion("cache")
    }

    fn companion(&self, name: &str) -> TokenStream {
        let mut path = self.path.clone();
        let Some(last) = path.segments.last_mut() else { return path.into_token_stream() };
        if self.method {
            let span = last.ident.span();
            last.ident = Names::of_method(&last.ident, name);
            // What is wrong with an argument is told there, and not of the attribute.
            last.ident.set_span(span);
            return path.into_token_stream();
        }
        let (span, ident) = (last.ident.span(), Ident::new(name, last.ident.span()));
        let arguments = std::mem::replace(&mut last.arguments, PathArguments::None);
        quote_spanned!(span=> #path::#ident #arguments)
    }
}

/// Types begin with a capital letter, and statics have no small one.
fn names_method(path: &Path) -> bool {
    let mut segments = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (last, owner) = (segments.next(), segments.next());
    let is_static = last.is_some_and(|last| !last.contains(char::is_lowercase));
    !is_static && owner.is_some_and(|owner| owner.starts_with(char::is_uppercase))
}

impl Target {
    pub(super) fn new(place: Place, args: Vec<Expr>, errors: &mut Errors) -> Self {
        for arg in &args {
            Refuser(errors).visit_expr(arg);
        }
        let result = args.iter().find_map(|arg| find_result(arg.to_token_stream()));
        Self { place, args, result }
    }

    /// The entry: the key is encoded when this is evaluated.
    pub(super) fn at(&self, function: &Function, krate: &Path) -> TokenStream {
        let at = self.place.at();
        let args = self.args.iter().map(|arg| by_reference(arg, function, krate));
        quote!(#at(#(#args),*))
    }

    /// The last word of its path: where the compiler shows what is wrong with the value that it is given.
    pub(super) fn span(&self) -> Span {
        self.place.path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
    }
}

/// A reference to the argument; one that is a reference already stays as it is.
fn by_reference(arg: &Expr, function: &Function, krate: &Path) -> TokenStream {
    let span = shown_at(arg.span());
    match arg {
        Expr::Infer(_) => placed(quote!(#krate::__private::Skipped), span),
        Expr::Path(path) if path.path.get_ident().is_some_and(|name| function.is_reference(name)) => {
            arg.to_token_stream()
        }
        _ => {
            let arg = behind_reference(arg);
            quote_spanned!(span=> &#arg)
        }
    }
}

/// The word `result`, where it is no field's name; also inside a macro.
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

/// Says what an argument cannot do: it is evaluated outside of the body.
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
