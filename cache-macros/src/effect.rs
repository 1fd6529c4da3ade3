//! `#[invalidate]`, `#[expire]` and `#[cache_put]`: the effect on caches of a function that has
//! succeeded. args -> function -> expand.

mod args;
mod expand;
mod function;
mod kind;
mod place;
mod target;

use proc_macro2::TokenStream;

pub(crate) use self::kind::Effect;
use self::{args::Args, function::Function};
use crate::shared::errors::Errors;

/// Expands the attribute with `args` on `item`. Beside errors, the item is emitted as it was
/// written.
pub(crate) fn effect(effect: Effect, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let function = Function::parse(effect, item.clone(), &mut errors);
    let args = Args::parse(effect, args, function.as_ref(), &mut errors);
    let expansion = match function {
        Some(function) if errors.count() == 0 => expand::expand(effect, &args, &function),
        _ => item,
    };
    errors.beside(expansion)
}
