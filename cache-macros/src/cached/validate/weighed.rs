//! The rule of values that are weighed: the static of a site names their type.

use syn::{GenericParam, Ident, Type};

use super::super::function::Function;
use crate::shared::{arguments::Args, errors::Errors, mentions::Mentions};

pub(super) fn check(args: &Args, function: &Function, returns: &Type, errors: &mut Errors) {
    let given = args.max_bytes.iter().chain(&args.weigh).next();
    if let Some(arg) = given
        && names_parameters(function, returns)
    {
        let message = format!(
            "`{}` needs a return type without type parameters and without `Self`: write its name \
             out, or bound the cache by `capacity`",
            arg.word
        );
        errors.at(&arg.word, message);
    }
}

/// Tells whether a type names `Self` or a parameter of the function.
pub(in super::super) fn names_parameters(function: &Function, ty: &Type) -> bool {
    let mentions = Mentions::of_type(ty);
    let params = function.item.sig.generics.params.iter();
    let named = params.filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    let words = named.map(Ident::to_string);
    mentions.has_word("Self") || words.into_iter().any(|word| mentions.has_word(&word))
}
