//! The name of the companions.

use quote::format_ident;
use syn::{Expr, Ident, ext::IdentExt as _};

use super::super::{function::Function, surroundings::Surroundings};
use crate::shared::{arguments::Args, errors::Errors};

/// The companions of a function.
pub(in super::super) enum Companions {
    /// Beside a free function a type of this name; beside a method functions whose names begin with
    /// it.
    Named(Ident),
    None,
}

/// Reads the argument, and refuses a name that another item has.
pub(super) fn check(
    args: &Args,
    function: &Function,
    surroundings: &Surroundings,
    errors: &mut Errors,
) -> Companions {
    let name = match &args.companions {
        None => function.ident().clone(),
        Some(given) => match word(&given.value) {
            Some(word) if word == "none" => return Companions::None,
            Some(word) => word.clone(),
            None => {
                let message = "`companions` is a name, or `none`: write `companions = other_name`";
                errors.at(&given.value, message);
                function.ident().clone()
            }
        },
    };
    match collision(&name, function, surroundings) {
        Some(message) => {
            errors.at(&name, message);
            Companions::None
        }
        None => Companions::Named(name),
    }
}

fn word(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Group(group) => word(&group.expr),
        _ => None,
    }
}

fn collision(name: &Ident, function: &Function, surroundings: &Surroundings) -> Option<String> {
    let function_name = function.ident().unraw();
    if !function.associated {
        let other = format_ident!("{function_name}_cache");
        let kind = surroundings.named_like_type(name)?;
        return Some(format!(
            "`{name}` is the name of {kind} here, and the companions would be a type of that name: \
             write `companions = {other}`, or `companions = none` to have none"
        ));
    }
    let other = format_ident!("cached_{function_name}");
    let taken = surroundings.named_like_companion(name)?;
    Some(format!(
        "`{taken}` is the name of another function here, and a companion would have that name: write \
         `companions = {other}`, or `companions = none` to have none"
    ))
}
