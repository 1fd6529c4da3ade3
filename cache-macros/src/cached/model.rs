//! The cached function as the expansion needs it: every decision is made, nothing is left to refuse.

pub(super) mod by_reference;

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::{
    Attribute, Expr, Ident, Member, Path, Receiver, Type, TypeImplTrait,
    ext::IdentExt as _,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use cachery_syntax::{Backend, Ttl};

use super::{
    attributes::Attributes,
    signature::{Function, Param, is_result},
    validate::{Checked, Key, Part, Source, values::Values},
};
use crate::spans::{shown_at, word_of};

pub(super) struct Model {
    pub(super) krate: Path,
    pub(super) function: Function,
    pub(super) attributes: Attributes,
    pub(super) names: Names,
    pub(super) site: Site,
    /// Where the cache is declared, if it is not the function's own.
    pub(super) declared: Option<Path>,
    /// The return type, without the parentheses and invisible groups around it.
    pub(super) returns: Type,
    /// Where the compiler shows what is wrong with it.
    pub(super) returns_shown: Span,
    /// Only `Ok` is kept.
    pub(super) fallible: bool,
    pub(super) receiver: Option<Outer<Receiver>>,
    pub(super) params: Vec<Outer<(Ident, Type)>>,
    pub(super) parts: Vec<Encoded>,
    /// Beside an error: a second one, of a parameter that is not used, is held back.
    pub(super) stand_in: bool,
}

/// What the call site's descriptor says.
pub(crate) struct Site {
    pub(crate) name: String,
    /// The function's name, to end its path.
    pub(crate) function: String,
    pub(crate) fingerprint: String,
    /// In milliseconds; `None` is for ever.
    pub(crate) ttl: Option<u64>,
    pub(crate) capacity: Option<u64>,
    pub(crate) version: Option<u32>,
    pub(crate) backend: Option<Backend>,
    pub(crate) local: bool,
}

impl Site {
    pub(crate) fn new(values: Values, function: String, fingerprint: String) -> Self {
        Self {
            function,
            fingerprint,
            ttl: match values.ttl {
                Ttl::Forever => None,
                // The longest duration has far fewer milliseconds.
                Ttl::For(ttl) => Some(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            },
            name: values.name,
            capacity: values.capacity,
            version: values.version,
            backend: values.backend,
            local: values.local,
        }
    }
}

/// An input as the wrapper and the companions declare it: by a name, and without a `mut` of the body's.
pub(super) struct Outer<T> {
    pub(super) declared: T,
    /// Whether the companions need it for the key.
    pub(super) keyed: bool,
}

/// One part of the key.
pub(super) struct Encoded {
    /// A reference to it, where every parameter is one itself.
    pub(super) value: TokenStream,
    /// An `impl Trait` parameter as a whole: its type is part of the key, too.
    pub(super) opaque: bool,
}

/// What the emitted items are called.
pub(crate) struct Names {
    pub(super) body: Ident,
    pub(super) site: Ident,
    pub(super) at: Ident,
    pub(super) peek: Ident,
    pub(super) refresh: Ident,
    pub(super) put: Ident,
    pub(super) invalidate: Ident,
    pub(super) handle: Ident,
}

impl Model {
    pub(super) fn new(checked: Checked, function: Function) -> Self {
        let Checked { source: Source { values, declared }, key, returns } = checked;
        let krate = values.krate.clone();
        let site =
            Site::new(values, function.sig.ident.unraw().to_string(), fingerprint(&function, &key, &returns));
        let params = params(&function, &key);
        Self {
            returns_shown: shown_at(returns.span()),
            fallible: is_result(&returns),
            returns,
            krate,
            declared,
            attributes: Attributes::sort(&function.attrs, &function.sig.ident),
            names: Names::new(&function),
            receiver: function
                .receiver()
                .map(|declared| Outer { declared: receiver(declared), keyed: key.receiver }),
            parts: key.parts.into_iter().map(|part| encoded(part, &params)).collect(),
            params,
            stand_in: key.stand_in,
            site,
            function,
        }
    }

    /// What stands on each emitted item. In an impl they are the function's neighbours; a companion type's impl has it once
    /// for all.
    pub(super) fn on_each_item(&self) -> &[Attribute] {
        if self.function.associated { &self.attributes.everywhere } else { &[] }
    }
}

impl Names {
    fn new(function: &Function) -> Self {
        let ident = &function.sig.ident;
        if !function.associated {
            return Self::with(|name| Ident::new(name, ident.span()));
        }
        Self::with(|name| Self::of_method(ident, name))
    }

    /// What `method` calls its companion `name`.
    pub(crate) fn of_method(method: &Ident, name: &str) -> Ident {
        let method = method.unraw();
        match name.strip_prefix("__") {
            // Whoever names a method as a target that is not cached is told that this is missing.
            Some("at") => format_ident!("__cached_{method}"),
            Some(hidden) => format_ident!("__{method}_{hidden}"),
            None => format_ident!("{method}_{name}"),
        }
    }

    fn with(name: impl Fn(&str) -> Ident) -> Self {
        Self {
            body: name("__body"),
            site: name("__site"),
            at: name("__at"),
            peek: name("peek"),
            refresh: name("refresh"),
            put: name("put"),
            invalidate: name("invalidate"),
            handle: name("cache"),
        }
    }
}

/// The wrapper hands `self` on as it is: what is `mut` about it is the body's affair.
fn receiver(declared: &Receiver) -> Receiver {
    Receiver { attrs: vec![], mutability: None, ..declared.clone() }
}

fn params(function: &Function, key: &Key) -> Vec<Outer<(Ident, Type)>> {
    let by_expression = key.parts.iter().any(|part| matches!(part, Part::Expr(_)));
    let outer = |(place, (declared, &keyed)): (usize, (&Param, &bool))| Outer {
        declared: param(place, declared, by_expression && keyed),
        keyed,
    };
    function.params.iter().zip(&key.params).enumerate().map(outer).collect()
}

/// A parameter's name outside of the body. One that begins with `_` says that the body does not use it; handing it on does,
/// so it loses its underscore, unless an expression of `key(..)` calls it by its name.
fn param(place: usize, param: &Param, in_expression: bool) -> (Ident, Type) {
    let ours = |name: &str| {
        Some(Ident::new(name, Span::mixed_site())).filter(|_| syn::parse_str::<Ident>(name).is_ok())
    };
    let name = param.name.as_ref().and_then(|name| match name.to_string().strip_prefix('_') {
        Some(rest) if !in_expression => ours(rest),
        _ => Some(name.clone()),
    });
    let unnamed = || format_ident!("arg{place}", span = Span::mixed_site());
    (name.unwrap_or_else(unnamed), (*param.declared.ty).clone())
}

fn encoded(part: Part, params: &[Outer<(Ident, Type)>]) -> Encoded {
    match part {
        Part::Expr(expr) => {
            let span = word_of_expr(&expr);
            Encoded { value: by_reference::expression(expr, params, span), opaque: false }
        }
        Part::Param(place) => {
            let (name, ty) = &params[place].declared;
            // The name shows where the type is written: that is what is wrong with a parameter that is no key.
            let span = word_of(ty);
            let value = by_reference::parameter(&at(name, span), ty, span);
            Encoded { value, opaque: is_opaque(ty) }
        }
    }
}

/// The last word of an expression: it says the type.
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

fn at(name: &Ident, span: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().located_at(span));
    name
}

/// What entries in a shared store depend on: the names keep two parameters of one type from changing places unseen, and the
/// types two that look alike as bytes.
fn fingerprint(function: &Function, key: &Key, returns: &Type) -> String {
    let declared = |Param { name, declared }: &Param| {
        format!("{}:{}", name.as_ref().map(Ident::to_string).unwrap_or_default(), written(&declared.ty))
    };
    let keyed = function.params.iter().zip(&key.params).filter(|(_, keyed)| **keyed);
    let params: Vec<_> = keyed.map(|(param, _)| declared(param)).collect();
    let exprs = key.parts.iter().filter_map(|part| match part {
        Part::Expr(expr) => Some(written(expr)),
        Part::Param(_) => None,
    });
    let exprs: Vec<_> = exprs.collect();
    let exprs = if exprs.is_empty() { String::new() } else { format!("key({})", exprs.join(",")) };
    format!("({}){exprs}->{}", params.join(","), written(returns))
}

/// The tokens without white space, which the compiler may print differently tomorrow.
pub(crate) fn written(tokens: impl quote::ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect()
}

fn is_opaque(ty: &Type) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
            self.0 = true;
            visit::visit_type_impl_trait(self, ty);
        }
    }
    let mut finder = Finder(false);
    finder.visit_type(ty);
    finder.0
}
