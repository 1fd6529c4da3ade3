//! The return type of a function for several items.

use proc_macro2::Span;
use syn::{GenericArgument, PathArguments, Type, parse_quote_spanned, spanned::Spanned as _};

use crate::shared::{
    errors::Errors,
    types::{first_argument, is_result, last_segment, peel},
};

/// The way in which a function returns the values of its items.
#[derive(Clone, Copy, PartialEq)]
pub(in super::super) enum Returned {
    /// By their places. The error may be that of a wrong number of them.
    ByPlace {
        /// There is an error.
        fallible: bool,
    },
    /// By their keys.
    ByKey,
}

const WAYS: &str = "return `Result<Vec<V>, E>`, `Vec<Option<V>>` or `Vec<Result<V, E>>`, in the \
                    order of the items; or `HashMap<K, V>`, `BTreeMap<K, V>` or a `Result` of one, \
                    by the items";

/// Returns how the values are returned, and the return type of a function for one item.
pub(super) fn check(returns: &Type, errors: &mut Errors) -> Option<(Returned, Type)> {
    if is_result(returns) {
        return in_a_result(returns, errors);
    }
    let item = of_list(returns);
    if let Some(value) = by_key(returns) {
        return Some((Returned::ByKey, optional(value)));
    }
    match item {
        Some(item) if is_result(item) => Some((Returned::ByPlace { fallible: true }, item.clone())),
        Some(item) if is(item, "Option") => {
            Some((Returned::ByPlace { fallible: false }, item.clone()))
        }
        Some(_) => {
            let message = "a plain `Vec` has no way to say that a value is missing: return \
                           `Result<Vec<V>, E>`, or a `HashMap<K, V>` by the items";
            errors.at(returns, message);
            None
        }
        None => {
            errors.at(returns, format!("a batch has a value for each item: {WAYS}"));
            None
        }
    }
}

/// Reads a `Result` of a list or of a map.
fn in_a_result(returns: &Type, errors: &mut Errors) -> Option<(Returned, Type)> {
    let values = last_segment(returns).and_then(first_argument);
    let Some(values) = values else {
        let message = format!("the values of a batch are not to be seen here: {WAYS}");
        errors.at(returns, message);
        return None;
    };
    if let Some(value) = by_key(values) {
        return Some((Returned::ByKey, with_argument(returns, optional(value))));
    }
    match of_list(values) {
        Some(item) if is_result(item) => {
            let message = "a batch has one error for all items, or one for each: return \
                           `Result<Vec<V>, E>`, or `Vec<Result<V, E>>`";
            errors.at(returns, message);
            None
        }
        Some(item) => {
            Some((Returned::ByPlace { fallible: true }, with_argument(returns, item.clone())))
        }
        None => {
            errors.at(values, format!("a batch has a value for each item: {WAYS}"));
            None
        }
    }
}

fn is(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == name)
}

/// Returns the type of a list's items.
fn of_list(ty: &Type) -> Option<&Type> {
    last_segment(ty).filter(|last| last.ident == "Vec").and_then(first_argument)
}

/// Returns the type of a map's values.
fn by_key(ty: &Type) -> Option<&Type> {
    let last =
        last_segment(ty).filter(|last| last.ident == "HashMap" || last.ident == "BTreeMap")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(peel(ty)),
        _ => None,
    });
    types.nth(1)
}

/// Returns the `Option` of a type.
fn optional(value: &Type) -> Type {
    let span = Span::call_site().located_at(value.span());
    parse_quote_spanned!(span=> ::core::option::Option<#value>)
}

/// Returns a path with `ty` in place of its first type argument.
fn with_argument(path: &Type, ty: Type) -> Type {
    let mut path = peel(path).clone();
    if let Type::Path(path) = &mut path
        && let Some(last) = path.path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        let mut types = arguments.args.iter_mut().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
        if let Some(first) = types.next() {
            *first = ty;
        }
    }
    path
}
