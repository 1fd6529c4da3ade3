//! The names in an expression of `key(..)` or `tags(..)`.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::{
    Expr, ExprAssign, ExprAsync, ExprAwait, ExprCall, ExprMacro, ExprPath, ExprReturn, ExprTry,
    Ident, PatIdent,
    visit::{self, Visit},
};

use crate::shared::errors::Errors;

/// The single names that an expression uses and does not bind itself, functions that it calls
/// apart.
pub(super) struct Names {
    pub(super) used: Vec<Ident>,
    pub(super) called: Vec<Ident>,
}

/// The kind of an expression, for messages.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    OfKey,
    OfTag,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::OfKey => "a key expression",
            Self::OfTag => "an argument of a tag",
        }
    }

    /// Says what to write in place of what needs the function's body.
    fn way_out(self) -> &'static str {
        match self {
            Self::OfKey => {
                "every companion evaluates it; use fields, methods and operators of the parameters"
            }
            Self::OfTag => {
                "it is evaluated outside of the body; use fields, methods and operators of the \
                 parameters, or of `result`"
            }
        }
    }
}

/// Reads the names in `expr`, and refuses what needs the function's body.
pub(super) fn of(expr: &Expr, kind: Kind, errors: &mut Errors) -> Names {
    let mut reader = Reader { kind, used: vec![], called: vec![], bound: HashSet::new(), errors };
    match expr {
        Expr::Closure(closure) => {
            let message = "a closure cannot be part of the key: list the expression itself";
            reader.errors.at(closure, message);
        }
        _ => reader.visit_expr(expr),
    }
    let Reader { used, called, bound, .. } = reader;
    let free = |names: Vec<Ident>| names.into_iter().filter(|name| !bound.contains(name)).collect();
    Names { used: free(used), called: free(called) }
}

/// Scopes are not followed: a name bound anywhere in the expression is taken for its own.
struct Reader<'e> {
    kind: Kind,
    used: Vec<Ident>,
    called: Vec<Ident>,
    bound: HashSet<Ident>,
    errors: &'e mut Errors,
}

impl Reader<'_> {
    fn refuse(&mut self, span: Span, what: &str) {
        let (name, way_out) = (self.kind.name(), self.kind.way_out());
        self.errors.at_span(span, format!("{name} cannot use {what}: {way_out}"));
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.used.extend(path.path.get_ident().cloned());
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        match &*call.func {
            Expr::Path(function) => self.called.extend(function.path.get_ident().cloned()),
            other => self.visit_expr(other),
        }
        call.args.iter().for_each(|arg| self.visit_expr(arg));
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.clone());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr_macro(&mut self, call: &'ast ExprMacro) {
        let message = format!(
            "{} cannot use a macro, which may hide the parameters it names: list the parts that it is \
             made of",
            self.kind.name()
        );
        self.errors.at(&call.mac.path, message);
    }

    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        self.refuse(expr.await_token.span, "`.await`");
    }

    fn visit_expr_try(&mut self, expr: &'ast ExprTry) {
        self.refuse(expr.question_token.span, "`?`");
    }

    fn visit_expr_async(&mut self, expr: &'ast ExprAsync) {
        self.refuse(expr.async_token.span, "`async`");
    }

    fn visit_expr_assign(&mut self, expr: &'ast ExprAssign) {
        let message = "`key(..)` lists expressions, and `=` gives a value: list what tells one call from another, as in \
                       `key(user.id)`";
        self.errors.at(expr.eq_token, message);
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        self.refuse(expr.return_token.span, "`return`");
    }
}
