//! `#[invalidate]` and `#[cache_put]`: what a function does to caches once it has succeeded. args -> function -> expand.

mod args;
mod expand;
mod function;
mod target;

use proc_macro2::TokenStream;

use self::{args::Args, function::Function};
use crate::errors::Errors;

/// Which of the two attributes it is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    Invalidate,
    Put,
}

impl Effect {
    /// As it is written.
    fn name(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate]",
            Self::Put => "#[cache_put]",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate(profile(user.id))]",
            Self::Put => "#[cache_put(profile(user.id))]",
        }
    }
}

/// Expands the attribute with `args` on `item`. Beside errors, the item is emitted as it was written.
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
