//! The parts of the key where every input is given by reference.
//!
//! So one function makes the key for a caller that owns the arguments and for one that only sees
//! them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Expr, ExprCall, Member, Path, Type, parse_quote_spanned,
    spanned::Spanned as _,
    visit_mut::{self, VisitMut},
};

use super::{super::validate::Part, input::Input};
use crate::shared::{
    mentions::Mentions,
    requirement,
    spans::{shown_at, word_of},
    tokens::behind_reference,
};

/// Emits a reference to one part of the key, where every input is a reference itself.
pub(super) fn encoded(part: Part, params: &[Input], krate: &Path) -> TokenStream {
    match part {
        Part::Expr(expr) => expression_of(expr, params),
        Part::Param(place) => checked(&params[place], krate),
        Part::Type(place) => {
            let value = whole(&params[place]);
            quote!(&#krate::__private::TypeName::of_val(#value))
        }
    }
}

/// Emits a reference to the value of an expression, where every input is a reference itself.
pub(super) fn expression_of(expr: Expr, params: &[Input]) -> TokenStream {
    let span = word_of_expr(&expr);
    expression(expr, params, span)
}

/// Emits a reference to the value of an expression, where `name` is a reference.
pub(super) fn of_reference(expr: &Expr, name: &Ident) -> TokenStream {
    let span = word_of_expr(expr);
    if matches!(expr, Expr::Path(path) if path.path.is_ident(name)) {
        return name.to_token_stream();
    }
    let value = behind_reference(expr);
    quote_spanned!(shown_at(span)=> &#value)
}

/// Emits a reference to an input as it is, with a check of its type whose message fits.
fn checked(input: &Input, krate: &Path) -> TokenStream {
    let whole = whole(input);
    let span = shown_at(word_of(&input.ty));
    match requirement::of_parameter(&input.ty, span) {
        Some(check) if matches!(input.ty, Type::Reference(_)) => {
            quote_spanned!(span=> #krate::__private::#check(#whole))
        }
        // The name of an input that is given by value stands for a reference.
        Some(check) => quote_spanned!(span=> #krate::__private::#check(&#whole)),
        None => whole,
    }
}

/// Emits a reference to an input as it is.
fn whole(Input { name, ty, .. }: &Input) -> TokenStream {
    // The name shows where the type is written: an error about an input's key is about its type.
    let span = word_of(ty);
    let mut name = name.clone();
    name.set_span(name.span().located_at(span));
    parameter(&name, ty, span)
}

/// Returns a reference to the parameter `name`.
fn parameter(name: &Ident, ty: &Type, span: Span) -> TokenStream {
    match ty {
        // It need not be sized, which a part of a key is.
        Type::Reference(_) => quote_spanned!(shown_at(span)=> &#name),
        _ => name.to_token_stream(),
    }
}

/// Returns a reference to the value of an expression.
///
/// A key cannot move what the function gets, so for a parameter that was given by value the
/// expression uses what its reference points to.
fn expression(mut expr: Expr, params: &[Input], span: Span) -> TokenStream {
    if let Expr::Path(path) = &expr
        && let Some(name) = path.path.get_ident()
        && let Some(param) = params.iter().find(|param| param.name == *name)
    {
        return parameter(name, &param.ty, span);
    }
    // Scopes are not followed: a name bound anywhere in the expression is taken for its own.
    let mentions = Mentions::of_expr(&expr);
    let by_value = params.iter().filter(|param| !matches!(param.ty, Type::Reference(_)));
    let free = by_value.filter(|param| mentions.binding(&param.name.to_string()).is_none());
    Dereference { names: free.map(|param| param.name.clone()).collect() }.visit_expr_mut(&mut expr);
    let value = behind_reference(&expr);
    quote_spanned!(shown_at(span)=> &#value)
}

/// Returns the place of the last word of an expression: it says the type.
fn word_of_expr(expr: &Expr) -> Span {
    match expr {
        Expr::Field(field) => match &field.member {
            Member::Named(name) => name.span(),
            Member::Unnamed(index) => index.span,
        },
        Expr::MethodCall(call) => call.method.span(),
        _ => expr.span(),
    }
}

/// Writes `(*name)` for each of `names`.
struct Dereference {
    names: Vec<Ident>,
}

impl VisitMut for Dereference {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && let Some(name) = path.path.get_ident()
            && self.names.contains(name)
        {
            let name = name.clone();
            *expr = parse_quote_spanned!(shown_at(name.span())=> (*#name));
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    /// Leaves a function that is called by its name as it is: it cannot be a parameter.
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        if !matches!(*call.func, Expr::Path(_)) {
            self.visit_expr_mut(&mut call.func);
        }
        call.args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
    }
}
