//! All mistakes of one attribute, reported in one compile.

use std::{fmt::Display, thread};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// Collects errors until [`Errors::beside`] turns them into tokens.
///
/// An accumulator that is dropped with its errors unread would let a broken attribute compile, so
/// dropping it without `beside` panics.
pub(crate) struct Errors {
    found: Option<Error>,
    reported: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: None, reported: false }
    }

    /// Reports `message` at `tokens`, from their first to their last.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Reports `message` at a place without a token.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }

    /// Adds an error that a parser made.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.found {
            Some(found) => found.combine(error),
            None => self.found = Some(error),
        }
    }

    /// The number of mistakes so far. A step that raises it has found one.
    pub(crate) fn count(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.into_iter().count())
    }

    /// Puts the errors beside `item`, which is emitted either way: the rest of the user's code
    /// still finds it.
    pub(crate) fn beside(mut self, item: TokenStream) -> TokenStream {
        self.reported = true;
        let mut tokens = self.found.as_ref().map(Error::to_compile_error).unwrap_or_default();
        tokens.extend(item);
        tokens
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.reported || thread::panicking(), "errors were gathered and never reported");
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn every_mistake_and_the_item_come_out() {
        let mut errors = Errors::new();
        errors.at_span(Span::call_site(), "one");
        errors.at(quote!(x), "two");
        assert_eq!(errors.count(), 2);
        let tokens = errors
            .beside(quote!(
                fn kept() {}
            ))
            .to_string();
        assert_eq!(tokens.matches("compile_error").count(), 2);
        assert!(tokens.ends_with("fn kept () { }"));
    }

    #[test]
    #[should_panic(expected = "never reported")]
    fn forgetting_them_is_noticed() {
        drop(Errors::new());
    }
}
