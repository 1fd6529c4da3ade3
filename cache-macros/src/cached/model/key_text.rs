//! The text of a function's key, on which entries in a shared store depend.

use syn::Ident;

use super::super::{
    function::{Function, Param},
    validate::{Key, Part, Use},
};
use crate::shared::{spelling, tokens::written};

/// Writes the parameters that form the key, and the expressions of `key(..)`.
///
/// The names keep two parameters of one type from changing places unseen, and the types keep apart
/// what looks alike as bytes.
pub(super) fn of(function: &Function, key: &Key) -> String {
    let declared = |Param { name, declared }: &Param| {
        format!(
            "{}:{}",
            name.as_ref().map(Ident::to_string).unwrap_or_default(),
            spelling::of_type(&declared.ty)
        )
    };
    let keyed =
        function.params.iter().zip(&key.params).filter(|(_, usage)| **usage != Use::Skipped);
    let params: Vec<_> = keyed.map(|(param, _)| declared(param)).collect();
    let exprs = key.parts.iter().filter_map(|part| match part {
        Part::Expr(expr) => Some(written(expr)),
        Part::Type(_) | Part::Param(_) => None,
    });
    let exprs: Vec<_> = exprs.collect();
    let exprs = if exprs.is_empty() { String::new() } else { format!("key({})", exprs.join(",")) };
    format!("({}){exprs}", params.join(","))
}
