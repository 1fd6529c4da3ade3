//! The function that an effect stands on.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    FnArg, Ident, Pat, Receiver, ReceiverKind, ReturnType, Type, parse_quote,
    visit_mut::{self, VisitMut},
};

use super::kind::Effect;
use crate::shared::{
    errors::Errors,
    item::Item,
    mentions::Mentions,
    spans::{shown_at, word_of},
    types::{is_future, is_result, is_unit},
};

/// The function below `#[invalidate]` or `#[cache_put]`.
pub(super) struct Function {
    pub(super) item: Item,
}

impl Function {
    pub(super) fn parse(effect: Effect, tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        let item = Item::parse(effect.name(), tokens, errors)?;
        check(effect, &item, errors);
        Some(Self { item })
    }

    pub(super) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    pub(super) fn receiver(&self) -> Option<&Receiver> {
        self.item.sig.receiver()
    }

    /// The return type, unless it has no name; that of a `Result` with `_` for the types in it that
    /// have none.
    pub(super) fn returns(&self) -> Option<TokenStream> {
        match &self.item.sig.output {
            ReturnType::Default => Some(quote!(())),
            ReturnType::Type(_, ty) if is_result(ty) => Some(nameable(ty).into_token_stream()),
            ReturnType::Type(_, ty) if Mentions::of_type(ty).has_impl_trait() => None,
            ReturnType::Type(_, ty) => Some(quote!(#ty)),
        }
    }

    /// The place at which the compiler shows errors about the return type.
    pub(super) fn returns_shown(&self) -> Span {
        shown_at(match &self.item.sig.output {
            ReturnType::Default => self.item.sig.ident.span(),
            ReturnType::Type(_, ty) => word_of(ty),
        })
    }

    /// Returns true if only `Ok` is a success.
    pub(super) fn fallible(&self) -> bool {
        self.item.returns().is_some_and(is_result)
    }

    /// Returns true if `name`, which is `self` or a parameter, is a reference already.
    pub(super) fn is_reference(&self, name: &Ident) -> bool {
        if name == "self" {
            return self
                .receiver()
                .is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(..)));
        }
        self.item.sig.inputs.iter().any(|input| match input {
            FnArg::Typed(param) => {
                matches!(&*param.pat, Pat::Ident(pat) if pat.ident == *name)
                    && matches!(&*param.ty, Type::Reference(_))
            }
            FnArg::Receiver(_) => false,
        })
    }

    /// Returns the parameter, or the part of one, that is called `name`.
    pub(super) fn bound(&self, name: &str) -> Option<Ident> {
        Mentions::of_signature(&self.item.sig).binding(name).cloned()
    }
}

fn check(effect: Effect, item: &Item, errors: &mut Errors) {
    let name = effect.name();
    if let Some(constness) = &item.sig.constness {
        let message = format!("`{name}` needs a function that runs: remove `const`");
        errors.at(constness, message);
    } else if item.sig.asyncness.is_none() && item.returns().is_some_and(is_future) {
        let message = format!(
            "`{name}` takes effect when the function has returned, and this one returns a future that has \
             not run: write `async fn {}`; if `#[async_trait]` has made it so, write `#[cached]` on the impl, \
             above `#[async_trait]`",
            item.sig.ident
        );
        errors.at(&item.sig.ident, message);
    } else if effect == Effect::Put && item.returns().is_none_or(is_unit) {
        let message = format!(
            "`{name}` stores the value that the function returns: return one, as in `-> u64`"
        );
        errors.at(&item.sig.ident, message);
    }
}

/// Returns `ty` with `_` for each type that has no name.
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
