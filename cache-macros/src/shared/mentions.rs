//! The one visitor that looks for names and for `impl Trait` in a piece of syntax.

use syn::{
    Expr, GenericParam, Ident, Pat, PatIdent, Signature, Type, TypeImplTrait, TypeParamBound,
    WherePredicate,
    visit::{self, Visit},
};

/// The words, bindings and `impl Trait`s in a type, an expression, a pattern or a signature.
#[derive(Default)]
pub(crate) struct Mentions {
    words: Vec<Ident>,
    bindings: Vec<Ident>,
    impl_traits: Vec<TypeImplTrait>,
}

impl Mentions {
    pub(crate) fn of_type(ty: &Type) -> Self {
        let mut mentions = Self::default();
        mentions.visit_type(ty);
        mentions
    }

    pub(crate) fn of_expr(expr: &Expr) -> Self {
        let mut mentions = Self::default();
        mentions.visit_expr(expr);
        mentions
    }

    pub(crate) fn of_generic(param: &GenericParam) -> Self {
        let mut mentions = Self::default();
        mentions.visit_generic_param(param);
        mentions
    }

    pub(crate) fn of_predicate(predicate: &WherePredicate) -> Self {
        let mut mentions = Self::default();
        mentions.visit_where_predicate(predicate);
        mentions
    }

    pub(crate) fn of_pattern(pattern: &Pat) -> Self {
        let mut mentions = Self::default();
        mentions.visit_pat(pattern);
        mentions
    }

    pub(crate) fn of_signature(signature: &Signature) -> Self {
        let mut mentions = Self::default();
        mentions.visit_signature(signature);
        mentions
    }

    /// Returns true if `word` stands anywhere, as the name of whatever it is.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.words.iter().any(|found| found == word)
    }

    /// Returns true if there is no other word than these.
    pub(crate) fn has_only_words(&self, words: &[&str]) -> bool {
        self.words.iter().all(|found| words.iter().any(|word| found == word))
    }

    /// Returns true if a word ends in `end`.
    pub(crate) fn has_word_ending_in(&self, end: &str) -> bool {
        self.words.iter().any(|found| found.to_string().ends_with(end))
    }

    /// Returns the place at which a pattern binds `name`.
    pub(crate) fn binding(&self, name: &str) -> Option<&Ident> {
        self.bindings.iter().find(|found| *found == name)
    }

    /// Returns true if there is an `impl Trait`.
    pub(crate) fn has_impl_trait(&self) -> bool {
        !self.impl_traits.is_empty()
    }

    /// The bounds of all `impl Trait`s.
    pub(crate) fn impl_bounds(&self) -> impl Iterator<Item = &TypeParamBound> {
        self.impl_traits.iter().flat_map(|ty| &ty.bounds)
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.words.push(ident.clone());
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.bindings.push(pattern.ident.clone());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.impl_traits.push(ty.clone());
        visit::visit_type_impl_trait(self, ty);
    }
}
