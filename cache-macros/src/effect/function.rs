//! The function that an effect stands on. Its body is kept as tokens.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Attribute, FnArg, Ident, Pat, PatIdent, Receiver, ReceiverKind, ReturnType, Signature, Type, Visibility,
    parse::{ParseStream, Parser as _},
    parse_quote, token,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

use super::Effect;
use crate::{
    cached::signature,
    errors::Errors,
    spans::{shown_at, word_of},
};

pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) body: Group,
}

impl Function {
    pub(super) fn parse(effect: Effect, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let read = |input: ParseStream<'_>| read(effect, input);
        let function = read.parse2(item).map_err(|error| errors.push(error)).ok()?;
        function.check(effect, errors);
        Some(function)
    }

    fn check(&self, effect: Effect, errors: &mut Errors) {
        let name = effect.name();
        if self.sig.asyncness.is_none() {
            let message = format!(
                "`{name}` needs an `async fn`, because a shared cache is told over the network: write `async fn {}`; below \
                 `#[async_trait]` put it on an inherent `async fn` and call that",
                self.sig.ident
            );
            errors.at(self.sig.fn_token, message);
        } else if effect == Effect::Put && self.returns_nothing() {
            let message = format!("`{name}` stores what the function returns, and this one returns nothing");
            errors.at(&self.sig.ident, message);
        }
    }

    fn returns_nothing(&self) -> bool {
        match &self.sig.output {
            ReturnType::Default => true,
            ReturnType::Type(_, ty) => {
                matches!(signature::peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
            }
        }
    }

    pub(super) fn receiver(&self) -> Option<&Receiver> {
        self.sig.receiver()
    }

    /// The return type, unless it has no name; that of a `Result` with `_` for what has none in it.
    pub(super) fn returns(&self) -> Option<TokenStream> {
        match &self.sig.output {
            ReturnType::Default => Some(quote!(())),
            ReturnType::Type(_, ty) if signature::is_result(ty) => Some(nameable(ty).into_token_stream()),
            ReturnType::Type(_, ty) if is_nameless(ty) => None,
            ReturnType::Type(_, ty) => Some(quote!(#ty)),
        }
    }

    /// Where the compiler shows what is wrong with the return type.
    pub(super) fn returns_shown(&self) -> Span {
        shown_at(match &self.sig.output {
            ReturnType::Default => self.sig.ident.span(),
            ReturnType::Type(_, ty) => word_of(ty),
        })
    }

    /// Whether only `Ok` is a success.
    pub(super) fn fallible(&self) -> bool {
        matches!(&self.sig.output, ReturnType::Type(_, ty) if signature::is_result(ty))
    }

    /// Whether `name` is a reference already: `self`, or a parameter.
    pub(super) fn is_reference(&self, name: &Ident) -> bool {
        if name == "self" {
            return self
                .receiver()
                .is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(..)));
        }
        self.sig.inputs.iter().any(|input| match input {
            FnArg::Typed(param) => {
                matches!(&*param.pat, Pat::Ident(pat) if pat.ident == *name)
                    && matches!(&*param.ty, Type::Reference(_))
            }
            FnArg::Receiver(_) => false,
        })
    }

    /// The parameter, or the part of one, that is called `name`.
    pub(super) fn bound(&self, name: &str) -> Option<Ident> {
        struct Finder<'a>(&'a str, Option<Ident>);
        impl<'ast> Visit<'ast> for Finder<'_> {
            fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
                if pat.ident == self.0 {
                    self.1 = Some(pat.ident.clone());
                }
                visit::visit_pat_ident(self, pat);
            }
        }
        let mut finder = Finder(name, None);
        finder.visit_signature(&self.sig);
        finder.1
    }
}

fn is_nameless(ty: &Type) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.visit_type(ty);
    finder.0
}

fn nameable(ty: &Type) -> Type {
    struct Inferred;
    impl VisitMut for Inferred {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = parse_quote!(_);
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    Inferred.visit_type_mut(&mut ty);
    ty
}

fn read(effect: Effect, input: ParseStream<'_>) -> syn::Result<Function> {
    let attrs = Attribute::parse_outer(input)?;
    let vis = input.parse()?;
    let start = input.cursor().token_stream().into_iter().next();
    let name = effect.name();
    let Ok(sig) = input.parse::<Signature>() else {
        return Err(syn::Error::new_spanned(start, format!("`{name}` stands on an `async fn`")));
    };
    if !input.peek(token::Brace) {
        let message =
            format!("`{name}` needs a function with a body: put it on the one that implements this");
        return Err(syn::Error::new_spanned(&sig.ident, message));
    }
    Ok(Function { attrs, vis, sig, body: input.parse()? })
}
