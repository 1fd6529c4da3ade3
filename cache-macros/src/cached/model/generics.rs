//! The generic parameters of the companions, which are the function's without those that no key
//! needs.

use proc_macro2::Ident;
use syn::{
    GenericParam, Generics, Type, TypeImplTrait, TypeParam, TypeParamBound, TypeReference,
    WherePredicate, parse_quote,
    visit_mut::{self, VisitMut},
};

use super::super::{
    function::Function,
    validate::{Key, Use},
};
use crate::shared::{mentions::Mentions, types::peel};

/// The generic parameters that companions take.
pub(in super::super) struct Taken {
    pub(in super::super) generics: Generics,
    dropped: Dropped,
}

impl Taken {
    /// Drops the type parameters that are not part of the key, as far as nothing else needs them.
    pub(super) fn new(function: &Function, key: &Key) -> Self {
        let Generics { params, where_clause, .. } = &function.item.sig.generics;
        let mut dropped = Dropped::new(function, key);
        while let Some(needed) = dropped.needed(function, key) {
            dropped.0.remove(needed);
        }
        let mut generics = function.item.sig.generics.clone();
        generics.params = params.iter().filter(|param| !dropped.has(param)).cloned().collect();
        generics.where_clause = where_clause.clone().map(|mut clause| {
            let predicates = clause.predicates.into_iter();
            clause.predicates =
                predicates.filter(|predicate| !dropped.is_named_in(predicate)).collect();
            clause
        });
        Self { generics, dropped }
    }

    /// The type of an input as companions take it.
    pub(super) fn input(&self, ty: &Type) -> Type {
        self.dropped.replaced(ty)
    }

    /// The arguments for the generic parameters; lifetimes are inferred.
    pub(in super::super) fn arguments(&self) -> Vec<&Ident> {
        arguments(&self.generics)
    }
}

/// Returns the arguments to call something `generics` with; lifetimes are inferred.
pub(in super::super) fn arguments(generics: &Generics) -> Vec<&Ident> {
    let arguments = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    arguments.collect()
}

/// Type parameters that companions do not take, and the `impl Trait` for each in an input, if it
/// can be written.
struct Dropped(Vec<(Ident, Option<TypeImplTrait>)>);

impl Dropped {
    /// All that are not part of the key.
    fn new(function: &Function, key: &Key) -> Self {
        let generics = &function.item.sig.generics;
        let params =
            generics.type_params().filter(|param| !key.types.params.contains(&param.ident));
        Self(params.map(|param| (param.ident.clone(), opaque(param, generics))).collect())
    }

    /// Returns the place of one that cannot be dropped, because something that stays names it.
    fn needed(&self, function: &Function, key: &Key) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        let generics = &function.item.sig.generics;
        let keyed =
            function.params.iter().zip(&key.params).filter(|(_, usage)| **usage != Use::Skipped);
        let inputs = keyed.map(|(param, _)| Mentions::of_type(&self.replaced(&param.declared.ty)));
        let returns = function.returns().map(Mentions::of_type);
        let kept =
            generics.params.iter().filter(|param| !self.has(param)).map(Mentions::of_generic);
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let of_kept = predicates.filter(|predicate| match predicate {
            WherePredicate::Type(predicate) => {
                let bounded = Mentions::of_type(&predicate.bounded_ty);
                generics.type_params().any(|param| {
                    !self.names(&param.ident) && bounded.has_word(&param.ident.to_string())
                })
            }
            _ => false,
        });
        let staying: Vec<_> =
            inputs.chain(returns).chain(kept).chain(of_kept.map(Mentions::of_predicate)).collect();
        self.0.iter().position(|(name, _)| {
            staying.iter().any(|mentions| mentions.has_word(&name.to_string()))
        })
    }

    fn names(&self, name: &Ident) -> bool {
        self.0.iter().any(|(dropped, _)| dropped == name)
    }

    fn has(&self, param: &GenericParam) -> bool {
        matches!(param, GenericParam::Type(param) if self.names(&param.ident))
    }

    fn is_named_in(&self, predicate: &WherePredicate) -> bool {
        let mentions = Mentions::of_predicate(predicate);
        self.0.iter().any(|(name, _)| mentions.has_word(&name.to_string()))
    }

    fn replaced(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        Replace(self).visit_type_mut(&mut ty);
        ty
    }
}

/// Returns the `impl Trait` that means the same as `param`. There is none for `?Sized` alone.
fn opaque(param: &TypeParam, generics: &Generics) -> Option<TypeImplTrait> {
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let of_predicates = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) if is(&predicate.bounded_ty, &param.ident) => {
            Some(&predicate.bounds)
        }
        _ => None,
    });
    let bounds: Vec<&TypeParamBound> = param.bounds.iter().chain(of_predicates.flatten()).collect();
    let names_trait = |bound: &&TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_none());
    let is_maybe = |bound: &&TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some());
    if bounds.iter().any(names_trait) {
        Some(parse_quote!(impl #(#bounds)+*))
    } else if bounds.iter().any(is_maybe) {
        None
    } else {
        Some(parse_quote!(impl ::core::marker::Sized #(+ #bounds)*))
    }
}

fn is(ty: &Type, name: &Ident) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.is_ident(name))
}

/// Writes the `impl Trait` of each dropped parameter where it stands for a type by itself.
struct Replace<'a>(&'a Dropped);

impl VisitMut for Replace<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        let found = self.0.0.iter().find(|(name, _)| is(ty, name));
        match found {
            Some((_, Some(opaque))) => *ty = Type::ImplTrait(opaque.clone()),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        visit_mut::visit_type_reference_mut(self, reference);
        if matches!(&*reference.elem, Type::ImplTrait(opaque) if opaque.bounds.len() > 1) {
            let elem = &reference.elem;
            reference.elem = parse_quote!((#elem));
        }
    }

    // No `impl Trait` can stand in these.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }
}
