//! A tag of the entries, as a call of its declaration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Path, spanned::Spanned as _};

use super::{super::validate::Tag, input::Input, part};
use crate::shared::{companion::Companion, spans::shown_at};

/// A call of a declared tag, where every input is a reference.
pub(in super::super) struct TagCall {
    declared: Path,
    /// A reference to each argument.
    args: Vec<TokenStream>,
}

/// The tags over the result.
pub(in super::super) struct TagsOfResult {
    /// The word for the result.
    pub(in super::super) word: Ident,
    /// The result is an `Option`: what it holds has the tags.
    pub(in super::super) optional: bool,
    pub(in super::super) calls: Vec<TagCall>,
}

impl TagsOfResult {
    /// Returns `None` for a function without such tags.
    pub(super) fn new(tags: Vec<Tag>, optional: bool) -> Option<Self> {
        let word = tags.first()?.result.clone()?;
        let of_result = |tag: Tag| {
            let Tag { declared, args, .. } = tag;
            let args = args.iter().map(|arg| part::of_reference(arg, &word)).collect();
            TagCall { declared, args }
        };
        Some(Self { calls: tags.into_iter().map(of_result).collect(), word, optional })
    }
}

impl TagCall {
    /// The path of the declaration.
    pub(in super::super) fn declared(&self) -> &Path {
        &self.declared
    }

    pub(super) fn new(tag: Tag, params: &[Input]) -> Self {
        let arg = |arg| part::expression_of(arg, params);
        Self { declared: tag.declared, args: tag.args.into_iter().map(arg).collect() }
    }

    /// Emits the call, which the compiler checks as it checks any.
    pub(in super::super) fn expand(&self) -> TokenStream {
        let Self { declared, args } = self;
        // An error about the arguments is shown at the tag, and not at the attribute.
        let span =
            declared.segments.last().map_or_else(|| declared.span(), |last| last.ident.span());
        let at = Companion::At.ident(shown_at(span));
        let call = quote_spanned!(shown_at(span)=> (#(#args),*));
        quote!(#declared::#at #call)
    }
}
