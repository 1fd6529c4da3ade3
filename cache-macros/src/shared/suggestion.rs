//! The nearest right spelling of a misspelt word.

use syn::Ident;

/// Returns the one of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'k>(
    word: &Ident,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    cachery_syntax::nearest(&word.to_string(), known)
}

/// Asks for the `nearest` word where there is one, else says what `otherwise` says.
pub(crate) fn did_you_mean(nearest: Option<&str>, otherwise: impl FnOnce() -> String) -> String {
    nearest.map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}
