//! The parameter that lists the items.

use syn::{Type, TypeReference};

use super::super::function::Param;
use crate::shared::{
    errors::Errors,
    types::{first_argument, last_segment, peel},
};

/// The form of a list.
#[derive(Clone, Copy, PartialEq)]
pub(in super::super) enum List {
    /// `&[T]`
    Slice,
    /// `Vec<T>`
    Vec,
    /// `&[&T]`
    OfReferences,
}

/// The form of an item that has a borrowed one.
pub(super) enum Form {
    Text,
    /// A list of such.
    List(Box<Type>),
    Other,
}

/// Returns the form of the list, and the type of an item as the list holds it.
pub(super) fn check(param: &Param, errors: &mut Errors) -> Option<(List, Type)> {
    let ty = peel(&param.declared.ty);
    let found = match ty {
        Type::Reference(TypeReference { elem, mutability: None, .. }) => match peel(elem) {
            Type::Slice(slice) => match peel(&slice.elem) {
                item @ Type::Reference(TypeReference { mutability: None, .. }) => {
                    Some((List::OfReferences, item.clone()))
                }
                item => Some((List::Slice, item.clone())),
            },
            _ => None,
        },
        Type::Path(_) => {
            let last = last_segment(ty).filter(|last| last.ident == "Vec");
            last.and_then(first_argument).map(|item| (List::Vec, item.clone()))
        }
        _ => None,
    };
    if found.is_none() {
        let message = "`batch` needs a list of items: take a `&[T]`, a `Vec<T>` or a `&[&T]`";
        errors.at(&param.declared.ty, message);
    }
    found
}

/// Returns the borrowed form of an item.
pub(super) fn owned_form(item: &Type) -> Form {
    let Some(last) = last_segment(item) else { return Form::Other };
    match first_argument(last) {
        None if last.ident == "String" => Form::Text,
        Some(of) if last.ident == "Vec" => Form::List(Box::new(of.clone())),
        _ => Form::Other,
    }
}
