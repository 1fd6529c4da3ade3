//! The values of `cache_if`, `ttl_of` and `cost`: the rules by which a value decides over its own
//! life, and tells what its load has cost.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprClosure, ExprLit, Lit, LitFloat, Path, spanned::Spanned as _};

use super::{
    arguments::{Arg, Args},
    errors::Errors,
    spans::{placed, shown_at},
    tokens::{hygienic, literal},
};

/// The rules that decide over a value, as an attribute says them.
pub(crate) struct DecidingArguments {
    cache_if: Option<Box<Expr>>,
    ttl_of: Option<Box<Expr>>,
    /// The values are `Option`s.
    pub(super) optional: bool,
    cost: Option<Box<Expr>>,
}

impl DecidingArguments {
    /// Nothing is said.
    pub(crate) const NONE: Self =
        Self { cache_if: None, ttl_of: None, optional: false, cost: None };

    pub(super) fn check(args: &Args, errors: &mut Errors) -> Self {
        let is_cached = "a closure that tells whether a value is stored: write `cache_if = |value| \
                         value.is_complete()`";
        let time = "a closure that returns the time for which a value is stored: write `ttl_of = \
                    |token| token.expires_in`";
        Self {
            cache_if: args.cache_if.as_ref().and_then(|arg| closure(arg, is_cached, errors)),
            ttl_of: args.ttl_of.as_ref().and_then(|arg| closure(arg, time, errors)),
            optional: false,
            cost: args.cost.as_ref().and_then(|arg| cost(arg, errors)),
        }
    }

    /// Sets whether the values are `Option`s.
    pub(super) fn optional(self, optional: bool) -> Self {
        Self { optional, ..self }
    }

    /// Returns the cost of each load, where it is always the same.
    pub(super) fn fixed_cost(&self) -> Option<&Expr> {
        self.cost.as_deref().filter(|cost| !matches!(cost, Expr::Closure(_)))
    }

    /// Drops each closure for which `keep` returns `false`. It gets the word of the argument, too.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &Expr) -> bool) {
        let slots = [
            ("cache_if", &mut self.cache_if),
            ("ttl_of", &mut self.ttl_of),
            ("cost", &mut self.cost),
        ];
        for (word, slot) in slots {
            slot.take_if(|closure| !keep(word, closure));
        }
    }

    /// Emits the call that gives a key, or a declared cache, its rules, where there are some or its
    /// values may be `None`. Each closure is shown where it is written, and the rest at `span`.
    pub(crate) fn call(&self, krate: &Path, span: Span) -> Option<TokenStream> {
        let rules = [&self.cache_if, &self.ttl_of, &self.cost];
        let Some(first) = rules.into_iter().flatten().next() else {
            let call = placed(quote!(optional), span);
            return self.optional.then(|| quote_spanned!(span=> .#call()));
        };
        let [value, decision] = [hygienic("value"), hygienic("decision")];
        let rule = |name: TokenStream, closure: &Expr| {
            let span = shown_at(closure.span());
            let name = placed(name, span);
            quote_spanned!(span=> .#name(#value, #closure))
        };
        let cache_if = self.cache_if.as_ref().map(|closure| rule(quote!(cache_if), closure));
        let ttl_of = self.ttl_of.as_ref().map(|closure| rule(quote!(ttl_of), closure));
        let optional = self.optional.then(|| {
            let call = placed(quote!(optional), span);
            quote_spanned!(span=> .#call(#value))
        });
        let cost = self.cost.as_ref().map(|cost| match &**cost {
            Expr::Closure(_) => rule(quote!(cost_of), cost),
            each => quote_spanned!(shown_at(each.span())=> .cost(#each)),
        });
        let span = shown_at(first.span());
        let decision_type = placed(quote!(#krate::__private::Decision), span);
        let rules = quote_spanned! {span=>
            |#value, #decision: #decision_type| #decision #optional #cache_if #ttl_of #cost
        };
        Some(quote_spanned!(span=> .decide(#rules)))
    }
}

/// Reads a closure with one parameter, or the path of a function. `what` completes "… is".
pub(crate) fn closure(arg: &Arg<Expr>, what: &str, errors: &mut Errors) -> Option<Box<Expr>> {
    let is_closure = is_closure(&arg.value);
    if !is_closure {
        errors.at(&arg.value, format!("`{}` is {what}", arg.word));
    }
    is_closure.then(|| Box::new(arg.value.clone()))
}

/// Reads the cost of a load: a number, a constant, or a closure that returns it.
fn cost(arg: &Arg<Expr>, errors: &mut Errors) -> Option<Box<Expr>> {
    match bare(&arg.value) {
        value @ (Expr::Closure(_) | Expr::Path(_)) if is_closure(value) => {
            Some(Box::new(value.clone()))
        }
        value => number(value).or_else(|| {
            let message = "`cost` is the cost of one load, zero or more: write `cost = 0.03`, a \
                           constant, or a closure, as `cost = |value| value.usage.dollars()`";
            errors.at(value, message);
            None
        }),
    }
}

/// Returns an expression without the invisible group that `macro_rules` puts around it.
fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => bare(&group.expr),
        value => value,
    }
}

/// Returns a number that is zero or more, as a float.
fn number(value: &Expr) -> Option<Box<Expr>> {
    let (digits, suffix) = match literal(value)? {
        Lit::Int(number) => (format!("{}.0", number.base10_digits()), number.suffix().to_owned()),
        Lit::Float(number) => (number.base10_digits().to_owned(), number.suffix().to_owned()),
        _ => return None,
    };
    let number = LitFloat::new(&digits, value.span());
    let number = Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Float(number) });
    matches!(&*suffix, "" | "f64").then(|| Box::new(number))
}

fn is_closure(value: &Expr) -> bool {
    match bare(value) {
        Expr::Closure(ExprClosure { inputs, asyncness: None, .. }) => inputs.len() == 1,
        Expr::Path(_) => true,
        _ => false,
    }
}
