//! The parts of the key where every parameter is given by reference: so one function makes the key for whoever owns the arguments and
//! for whoever only sees them.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Expr, ExprCall, PatIdent, Type, parse_quote_spanned,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

use super::Outer;
use crate::{references::behind_reference, spans::shown_at};

/// What a parameter is declared as: a reference stays one.
pub(in super::super) fn declared(ty: &Type) -> TokenStream {
    match ty {
        Type::Reference(_) => ty.to_token_stream(),
        Type::ImplTrait(opaque) if opaque.bounds.len() > 1 => quote!(&(#ty)),
        _ => quote!(&#ty),
    }
}

/// A reference to what a parameter is.
pub(super) fn parameter(name: &Ident, ty: &Type, span: Span) -> TokenStream {
    match ty {
        // It need not be sized, which a part of a key is.
        Type::Reference(_) => quote_spanned!(shown_at(span)=> &#name),
        _ => name.to_token_stream(),
    }
}

/// A reference to what an expression is. A key cannot move what the function gets, so a parameter that was given by value is as good
/// as what its reference points to.
pub(super) fn expression(mut expr: Expr, params: &[Outer<(Ident, Type)>], span: Span) -> TokenStream {
    if let Expr::Path(path) = &expr
        && let Some(name) = path.path.get_ident()
        && let Some(param) = params.iter().find(|param| param.declared.0 == *name)
    {
        return parameter(name, &param.declared.1, span);
    }
    let mut pointed_to = PointedTo { names: by_value(params), own: bound(&expr) };
    pointed_to.visit_expr_mut(&mut expr);
    let value = behind_reference(&expr);
    quote_spanned!(shown_at(span)=> &#value)
}

fn by_value(params: &[Outer<(Ident, Type)>]) -> Vec<Ident> {
    let owned = params.iter().filter(|param| !matches!(param.declared.1, Type::Reference(_)));
    owned.map(|param| param.declared.0.clone()).collect()
}

/// The names that an expression binds itself. Scopes are not followed.
fn bound(expr: &Expr) -> HashSet<Ident> {
    struct Finder(HashSet<Ident>);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            self.0.insert(pat.ident.clone());
            visit::visit_pat_ident(self, pat);
        }
    }
    let mut finder = Finder(HashSet::new());
    finder.visit_expr(expr);
    finder.0
}

/// Writes `(*name)` for each name of a parameter.
struct PointedTo {
    names: Vec<Ident>,
    own: HashSet<Ident>,
}

impl VisitMut for PointedTo {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && let Some(name) = path.path.get_ident()
            && self.names.contains(name)
            && !self.own.contains(name)
        {
            let name = name.clone();
            *expr = parse_quote_spanned!(shown_at(name.span())=> (*#name));
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    /// A function that is called is no parameter.
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        if !matches!(*call.func, Expr::Path(_)) {
            self.visit_expr_mut(&mut call.func);
        }
        call.args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
    }
}
