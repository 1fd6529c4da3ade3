//! The types that tell one call from another.

use proc_macro2::Ident;
use syn::{GenericParam, Path, Type, TypeParam, TypeParamBound, WherePredicate};

use super::{super::function::Function, key_use::Use};
use crate::shared::{
    errors::Errors,
    mentions::Mentions,
    types::{first_argument, is_result, last_segment, peel},
};

/// Bounds under which a function can do nothing with a value but convert it and move it.
const CONVERSIONS: [&str; 10] = [
    "AsRef", "Borrow", "Into", "Deref", "Display", "ToString", "CacheKey", "Send", "Sync", "Unpin",
];

/// The types that are parts of the key.
pub(in super::super) struct Types {
    /// `Self`.
    pub(in super::super) self_type: bool,
    /// The type of the value, which may name a parameter of the impl that cannot be seen.
    pub(in super::super) value: bool,
    /// The type and constant parameters of the function that are parts, in declared order.
    pub(in super::super) params: Vec<Ident>,
    /// For each of [`Function::params`], true if the type behind its `impl Trait` is a part.
    pub(in super::super) hidden: Vec<bool>,
}

/// Finds the types that are parts. Refuses those for which the key of a `declared` cache has no
/// place.
pub(super) fn check(
    function: &Function,
    receiver: Use,
    params: &[Use],
    declared: Option<&Path>,
    errors: &mut Errors,
) -> Types {
    let telling = telling(function, params);
    let Some(cache) = declared else {
        let self_type =
            function.associated && (receiver != Use::Skipped || value_names("Self", function));
        let value = function.associated && !self_type;
        return Types { self_type, value, params: telling, hidden: hidden(function, params) };
    };
    for param in telling {
        let cache = cache.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let message = format!(
            "`{param}` tells one call from another, and the key of `{cache}` has no place for it: \
             remove it, or give the function a cache of its own"
        );
        errors.at(param, message);
    }
    Types { self_type: false, value: false, params: vec![], hidden: vec![false; params.len()] }
}

/// Returns the type and constant parameters that tell one call from another.
fn telling(function: &Function, params: &[Use]) -> Vec<Ident> {
    let telling = function.item.sig.generics.params.iter().filter_map(|param| match param {
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Type(param) => tells(param, function, params).then_some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    telling.cloned().collect()
}

fn tells(param: &TypeParam, function: &Function, params: &[Use]) -> bool {
    let name = param.ident.to_string();
    let mentions = |ty: &Type| Mentions::of_type(ty).has_word(&name);
    let inputs = function.params.iter().zip(params);
    let uses: Vec<_> =
        inputs.filter(|(input, _)| mentions(&input.declared.ty)).map(|(_, usage)| *usage).collect();
    let skipped = uses.iter().all(|usage| *usage == Use::Skipped);
    let covered = uses.iter().all(|usage| *usage == Use::Named) && only_converts(param, function);
    // Entries of two types of values must never meet.
    value_names(&name, function) || uses.is_empty() || !skipped && !covered
}

/// Returns true if the type of the value names the type `name`.
fn value_names(name: &str, function: &Function) -> bool {
    let Some(returns) = function.returns() else { return false };
    let ok = if is_result(returns) { last_segment(returns).and_then(first_argument) } else { None };
    Mentions::of_type(ok.unwrap_or(returns)).has_word(name)
}

/// Returns true if all bounds of `param` are conversions.
fn only_converts(param: &TypeParam, function: &Function) -> bool {
    let predicates =
        function.item.sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let name = param.ident.to_string();
    let of_predicates = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => Some(predicate),
        _ => None,
    });
    let mut about =
        of_predicates.filter(|predicate| Mentions::of_type(&predicate.bounded_ty).has_word(&name));
    param.bounds.iter().all(is_conversion) && about.all(|predicate| {
        matches!(peel(&predicate.bounded_ty), Type::Path(path) if path.path.is_ident(&param.ident))
            && predicate.bounds.iter().all(is_conversion)
    })
}

/// Lifetimes and `?Sized` tell nothing either.
fn is_conversion(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
            last.ident == "Sized" || CONVERSIONS.iter().any(|conversion| last.ident == conversion)
        }),
        TypeParamBound::Lifetime(_) => true,
        _ => false,
    }
}

fn hidden(function: &Function, params: &[Use]) -> Vec<bool> {
    let inputs = function.params.iter().zip(params);
    let is_hidden = inputs.map(|(param, usage)| match usage {
        Use::Whole => Mentions::of_type(&param.declared.ty).has_impl_trait(),
        Use::Named => !Mentions::of_type(&param.declared.ty).impl_bounds().all(is_conversion),
        Use::Skipped => false,
    });
    is_hidden.collect()
}
