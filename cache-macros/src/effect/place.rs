//! The cached function or declared cache that a target names.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{AngleBracketedGenericArguments, ExprPath, Path, PathArguments, parse_quote_spanned};

use crate::shared::{companion::Companion, errors::Errors};

/// A cached function or a declared cache.
pub(super) struct Place {
    path: Path,
    /// A method: its companions are its neighbours, and begin with its name.
    method: bool,
}

impl Place {
    /// Of a path: `profile`, `users::profile`, `Repo::get`, `USERS`.
    pub(super) fn of_path(expr: &ExprPath, errors: &mut Errors) -> Option<Self> {
        if let Some(qself) = &expr.qself {
            errors.at(
                qself.lt_token,
                "a target is a plain path: write `Type::method(..)` or `function(..)`",
            );
            return None;
        }
        Some(Self { method: names_method(&expr.path), path: expr.path.clone() })
    }

    /// Of a method of `self`.
    pub(super) fn of_self(method: &Ident) -> Self {
        Self { path: parse_quote_spanned!(method.span()=> Self::#method), method: true }
    }

    /// Adds the arguments that a method is called with: `self.get::<u8>(..)`.
    pub(super) fn with_generics(&mut self, turbofish: Option<AngleBracketedGenericArguments>) {
        if let (Some(arguments), Some(last)) = (turbofish, self.path.segments.last_mut()) {
            last.arguments = PathArguments::AngleBracketed(arguments);
        }
    }

    /// Returns the path of a companion.
    pub(super) fn companion(&self, companion: Companion) -> TokenStream {
        let mut path = self.path.clone();
        let Some(last) = path.segments.last_mut() else { return path.into_token_stream() };
        let span = last.ident.span();
        if self.method {
            last.ident = companion.of_method(&last.ident);
            // An error about an argument is shown there, and not at the attribute.
            last.ident.set_span(span);
            return path.into_token_stream();
        }
        let ident = companion.ident(span);
        let arguments = std::mem::replace(&mut last.arguments, PathArguments::None);
        quote_spanned!(span=> #path::#ident #arguments)
    }

    /// The last word of the path: the compiler shows there what is wrong with the value that the
    /// target is given.
    pub(super) fn span(&self) -> Span {
        self.path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
    }
}

/// Types begin with a capital letter, and statics have no small one.
fn names_method(path: &Path) -> bool {
    let mut segments = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let is_static = segments.next().is_some_and(|last| !last.contains(char::is_lowercase));
    let owner = segments.next();
    !is_static && owner.is_some_and(|owner| owner.starts_with(char::is_uppercase))
}
