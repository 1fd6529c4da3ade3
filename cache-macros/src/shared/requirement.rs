//! The requirement for a part of the key: `CacheKey`, with a message that fits the type.

use proc_macro2::{Ident, Span};
use syn::Type;

use super::mentions::Mentions;

/// The ends of the names of types that a function loads its values through.
const CLIENTS: [&str; 15] = [
    "Client",
    "Conn",
    "Connection",
    "Context",
    "Ctx",
    "DB",
    "Database",
    "Db",
    "Executor",
    "Handle",
    "Pool",
    "Sender",
    "Session",
    "State",
    "Transaction",
];

/// Returns the function of `__private` that checks a parameter of the type `ty`, for types that
/// often have no encoding.
pub(crate) fn of_parameter(ty: &Type, span: Span) -> Option<Ident> {
    let mentions = Mentions::of_type(ty);
    let check = if mentions.has_word("f32") || mentions.has_word("f64") {
        "float"
    } else if mentions.has_word("HashMap") || mentions.has_word("HashSet") {
        "unordered"
    } else if CLIENTS.iter().any(|end| mentions.has_word_ending_in(end)) {
        "client"
    } else {
        return None;
    };
    Some(Ident::new(check, span))
}
