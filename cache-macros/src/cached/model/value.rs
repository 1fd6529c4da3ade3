//! The type of the cached values, as the static of a site can name it.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Path, Type};

use super::super::{function::Function, validate::names_parameters};
use crate::shared::{
    bytes::BytesArguments,
    mentions::Mentions,
    types::{first_argument, is_result, last_segment},
};

/// The words of types that no impl has for its parameters.
const KNOWN: [&str; 33] = [
    "std",
    "core",
    "alloc",
    "primitive",
    "string",
    "String",
    "str",
    "vec",
    "Vec",
    "boxed",
    "Box",
    "sync",
    "Arc",
    "option",
    "Option",
    "bool",
    "char",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "time",
    "Duration",
];

/// Returns the type of the values, if a static can name it.
///
/// A static names no parameter of its surroundings. Those of an impl cannot be seen from a method:
/// there a type is taken for known when all its words are, or when the attribute needs it. A type
/// whose name alone tells that it is a `Result` is named only then, too, so that a wrong one is one
/// error.
pub(super) fn in_a_static(
    function: &Function,
    returns: &Type,
    krate: &Path,
    bytes: &BytesArguments,
) -> Option<TokenStream> {
    let success = last_segment(returns).filter(|last| last.ident == "Result");
    let value = success.and_then(first_argument);
    let named = value.unwrap_or(returns);
    if names_parameters(function, named) {
        return None;
    }
    let by_name_only = value.is_none() && is_result(returns);
    let is_known = !function.associated || Mentions::of_type(named).has_only_words(&KNOWN);
    if !bytes.are_given() && (by_name_only || !is_known) {
        return None;
    }
    Some(if by_name_only {
        quote!(#krate::__private::Value<#returns>)
    } else {
        named.to_token_stream()
    })
}
