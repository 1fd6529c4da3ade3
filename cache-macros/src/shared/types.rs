//! Types as they are written: an attribute sees no more of them.

use syn::{GenericArgument, PathArguments, PathSegment, Type, TypeParamBound};

/// Returns `ty` without the parentheses and invisible groups around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => peel(&inner.elem),
        Type::Group(inner) => peel(&inner.elem),
        _ => ty,
    }
}

/// Returns the last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the first type among a segment's arguments: the `T` of `Result<T, E>`.
pub(crate) fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(peel(ty)),
        _ => None,
    })
}

/// Returns true for a type whose name ends in `Result`. The compiler confirms it.
pub(crate) fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

/// Returns true for an `Option`, or a `Result` of one, by their names.
pub(crate) fn is_optional(ty: &Type) -> bool {
    let Some(last) = last_segment(ty) else { return false };
    let success = if last.ident == "Result" { first_argument(last) } else { None };
    let value = success.and_then(last_segment).unwrap_or(last);
    value.ident == "Option" && first_argument(value).is_some()
}

/// Returns true for `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Returns true for `Pin<Box<dyn Future<..>>>`, as `#[async_trait]` leaves it.
pub(crate) fn is_boxed_future(ty: &Type) -> bool {
    let inner = |ty: &Type, word: &str| {
        let last = last_segment(ty).filter(|last| last.ident == word)?;
        first_argument(last).cloned()
    };
    let pinned = inner(ty, "Pin").and_then(|boxed| inner(&boxed, "Box"));
    matches!(pinned, Some(Type::TraitObject(object)) if object.bounds.iter().any(names_future))
}

/// Returns true for a type that is a future by its name: `impl Future`, `BoxFuture`.
pub(crate) fn is_future(ty: &Type) -> bool {
    match peel(ty) {
        Type::ImplTrait(ty) => ty.bounds.iter().any(names_future),
        ty => {
            let by_name =
                last_segment(ty).is_some_and(|last| last.ident.to_string().ends_with("Future"));
            by_name || is_boxed_future(ty)
        }
    }
}

fn names_future(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    bound.path.segments.last().is_some_and(|last| last.ident == "Future")
}
