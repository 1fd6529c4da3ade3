//! The rules of return types: a value is owned, and its type is known where the function stands.

use syn::{
    Ident, Lifetime, Type, TypeFnPtr, TypeImplTrait, TypePath, TypeReference,
    visit::{self, Visit},
};

use super::super::function::Function;
use crate::shared::{
    errors::Errors,
    types::{first_argument, is_result, is_unit, last_segment, peel},
};

/// Returns the return type, if its values can be kept.
pub(super) fn check<'f>(function: &'f Function, errors: &mut Errors) -> Option<&'f Type> {
    let before = errors.count();
    let Some(returns) = function.returns() else {
        errors.at(function.ident(), NOTHING);
        return None;
    };
    if !returns_nothing(returns, errors)
        && !is_parameter(returns, function, errors)
        && !is_reference(returns, errors)
    {
        Borrows { errors }.visit_type(returns);
    }
    (errors.count() == before).then_some(returns)
}

const NOTHING: &str = "a cached function returns a value: write its type, as in `-> u64`";

fn returns_nothing(returns: &Type, errors: &mut Errors) -> bool {
    let success =
        if is_result(returns) { last_segment(returns).and_then(first_argument) } else { None };
    match success.unwrap_or(returns) {
        unit if is_unit(unit) => errors.at(unit, NOTHING),
        Type::Never(never) => errors.at(never, NOTHING),
        _ => return false,
    }
    true
}

/// Refuses a type parameter: only a known type shows whether it is a `Result`, of which `Ok` is
/// kept.
fn is_parameter(returns: &Type, function: &Function, errors: &mut Errors) -> bool {
    let Type::Path(TypePath { qself, path, .. }) = returns else { return false };
    let Some(first) = path.segments.first() else { return false };
    let is_own =
        function.type_params().any(|param| first.ident == *param) && first.arguments.is_none();
    let is_impls =
        function.associated && looks_like_parameter(&first.ident) && first.arguments.is_none();
    let is_projected = first.ident == "Self" && path.segments.len() > 1;
    if qself.is_none() && !is_own && !is_impls && !is_projected {
        return false;
    }
    let message = "a generic return type may be a `Result`, of which only `Ok` is cached: wrap it, as in \
                   `Result<T, E>`, `Option<T>` or `Arc<T>`";
    errors.at(returns, message);
    true
}

/// The parameters of an impl cannot be seen from its method: `T` is taken for one, and the compiler
/// is asked about others.
fn looks_like_parameter(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.len() == 1 && name.chars().all(|c| c.is_ascii_uppercase())
}

/// A reference at the place of the value: also a `'static` one, which cannot be read back from
/// bytes.
fn is_reference(returns: &Type, errors: &mut Errors) -> bool {
    let wrapped =
        is_result(returns) || last_segment(returns).is_some_and(|last| last.ident == "Option");
    let inner = if wrapped { last_segment(returns).and_then(first_argument) } else { None };
    match (returns, inner) {
        (Type::Reference(reference), _) => {
            refuse_reference(reference, errors);
            true
        }
        (_, Some(inner)) => is_reference(inner, errors),
        _ => false,
    }
}

fn refuse_reference(reference: &TypeReference, errors: &mut Errors) {
    let way_out = match peel(&reference.elem) {
        Type::Path(path) if path.path.is_ident("str") => "`String` or `Arc<str>`",
        Type::Slice(_) => "a `Vec` or an `Arc<[_]>`",
        _ => "the value itself, or an `Arc` of it",
    };
    let rule = match &reference.lifetime {
        Some(lifetime) if lifetime.ident == "static" => "a cached value is owned",
        _ => "a cached value outlives the call and cannot borrow",
    };
    errors.at(reference.and_token, format!("{rule}: return {way_out}"));
}

/// Refuses types inside the return type that cannot be kept or named.
struct Borrows<'e> {
    errors: &'e mut Errors,
}

impl<'ast> Visit<'ast> for Borrows<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.errors.at(
            ty,
            "the type of a cached value has a name: write it out, or collect an iterator into a `Vec`",
        );
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => {
                visit::visit_type(self, &reference.elem);
            }
            _ => refuse_reference(reference, self.errors),
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            let message =
                "a cached value outlives the call and cannot borrow: return an owned type";
            self.errors.at(lifetime, message);
        }
    }

    // The lifetimes of a function pointer and of `for<'a> Fn(&'a T)` are its own.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(
        &mut self,
        _: &'ast syn::ParenthesizedGenericArguments,
    ) {
    }
}
