//! The parameters of `skip(..)`.

use syn::Ident;

use super::{
    super::function::Function,
    named::{self, Named},
};
use crate::shared::{arguments::Args, errors::Errors};

/// The parameters that `skip(..)` lists, and the words that list them.
pub(super) struct Skipped<'a> {
    listed: Vec<(Named, &'a Ident)>,
    /// Each word is a parameter, or nearly one.
    clear: bool,
}

impl<'a> Skipped<'a> {
    /// Finds the listed parameters. A misspelt one counts as the one that is meant.
    pub(super) fn check(args: &'a Args, function: &Function, errors: &mut Errors) -> Self {
        let mut skipped = Self { listed: vec![], clear: true };
        for word in args.skip.iter().flat_map(|skip| &skip.value) {
            match named::find(word, function) {
                Some(named) if skipped.word(named).is_some() => {
                    errors.at(word, format!("`{word}` is listed twice in `skip(..)`: keep one"));
                }
                Some(named) => skipped.listed.push((named, word)),
                None => {
                    errors.at(word, named::no_parameter(word, "skip", function));
                    let meant = named::find_near(word, function);
                    skipped.clear &= meant.is_some();
                    skipped.listed.extend(meant.map(|named| (named, word)));
                }
            }
        }
        skipped
    }

    /// Returns the word that lists `named`.
    pub(super) fn word(&self, named: Named) -> Option<&'a Ident> {
        self.listed.iter().find(|(listed, _)| *listed == named).map(|(_, word)| *word)
    }

    /// Returns false if a word is unlike every parameter.
    pub(super) fn is_clear(&self) -> bool {
        self.clear
    }

    pub(super) fn contains(&self, named: Named) -> bool {
        self.word(named).is_some()
    }
}
