//! The cached function as the expansion needs it: every decision is made, nothing is left to
//! refuse.

mod by_reference;
pub(super) mod generics;
pub(super) mod input;
mod key_text;
mod part;
pub(super) mod tag;
mod value;

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, Path, Type, ext::IdentExt as _, spanned::Spanned as _};

use self::{
    generics::Taken,
    input::{Input, SelfInput},
    tag::{TagCall, TagsOfResult},
};
use super::{
    attributes::Attributes,
    batch::Batch,
    function::Function,
    validate::{Checked, Companions, ErrorArguments, Source, Types, Use},
};
use crate::shared::{
    companion::Companion,
    item::Item,
    site::Site,
    spans::shown_at,
    spelling,
    types::{is_optional, is_result},
};

#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
pub(super) struct Model {
    pub(super) krate: Path,
    /// The function; with a list, that for one item of it.
    pub(super) function: Function,
    /// The list of a function that is cached for each of its items.
    pub(super) batch: Option<Batch>,
    pub(super) attributes: Attributes,
    pub(super) companions: Companions,
    /// Loads run in tasks of their own.
    pub(super) detached: bool,
    /// Loads can be ended: the error is made of a timeout.
    pub(super) ends_loads: bool,
    /// Loads can be refused: the error is made of a spent budget.
    pub(super) refuses_loads: bool,
    pub(super) cache: CacheOf,
    /// The return type, without the parentheses and invisible groups around it.
    pub(super) returns: Type,
    /// The place at which the compiler shows errors about the return type.
    pub(super) returns_shown: Span,
    /// Only `Ok` is kept.
    pub(super) fallible: bool,
    pub(super) errors: ErrorArguments,
    pub(super) receiver: Option<SelfInput>,
    pub(super) params: Vec<Input>,
    /// A reference to each part of the key, the types apart.
    pub(super) parts: Vec<TokenStream>,
    /// The tags of the entries over the parameters.
    pub(super) tags: Vec<TagCall>,
    /// Those over the result.
    pub(super) tags_of_result: Option<TagsOfResult>,
    /// The types that are parts.
    pub(super) types: Types,
    /// The generic parameters of the companions.
    pub(super) taken: Taken,
    /// There is an error, beside which parameters that are not used shall not be reported.
    pub(super) stand_in: bool,
}

/// The cache behind the function.
pub(super) enum CacheOf {
    Own(Box<Site>),
    /// The path of its declaration.
    Declared(Path),
}

impl Model {
    pub(super) fn new(checked: Checked, function: Function, batch: Option<Batch>) -> Self {
        let Checked { krate, source, key, returns, companions, errors, tags, .. } = checked;
        let Checked { detached, ends_loads, refuses_loads, .. } = checked;
        let cache = match source {
            Source::Own(values) => {
                let key_text = key_text::of(&function, &key);
                let value_text = spelling::of_type(&returns);
                let named = function.ident().unraw().to_string();
                let value = value::in_a_static(&function, &returns, &krate, &values.bytes);
                let only_params = key.has_only_params();
                let site = Site::new(*values, named, key_text, only_params, value_text, value);
                CacheOf::Own(Box::new(site.optional(is_optional(&returns))))
            }
            Source::Declared(path) => CacheOf::Declared(path),
        };
        let taken = Taken::new(&function, &key);
        let (of_result, tags): (Vec<_>, Vec<_>) =
            tags.into_iter().partition(|tag| tag.result.is_some());
        let tags_of_result = TagsOfResult::new(of_result, is_optional(&returns));
        let params = input::params(&function, &key, &tags, &taken);
        let tags = tags.into_iter().map(|tag| TagCall::new(tag, &params)).collect();
        let parts =
            key.parts.into_iter().map(|part| part::encoded(part, &params, &krate)).collect();
        Self {
            krate,
            cache,
            companions,
            detached,
            ends_loads,
            refuses_loads,
            attributes: Attributes::sort(&function.item.attrs, function.ident()),
            returns_shown: shown_at(returns.span()),
            fallible: is_result(&returns),
            errors,
            returns,
            receiver: function
                .receiver()
                .map(|declared| SelfInput::new(declared, key.receiver != Use::Skipped)),
            parts,
            tags,
            tags_of_result,
            types: key.types,
            taken,
            params,
            stand_in: key.stand_in,
            function,
            batch,
        }
    }

    /// The function as it was written.
    pub(super) fn written(&self) -> &Item {
        self.batch.as_ref().map_or(&self.function.item, |batch| &batch.whole)
    }

    /// Tells whether the entries have tags.
    pub(super) fn is_tagged(&self) -> bool {
        !self.tags.is_empty() || self.tags_of_result.is_some()
    }

    /// The name of an emitted function.
    pub(super) fn name_of(&self, companion: Companion) -> Ident {
        let ident = match &self.companions {
            Companions::Named(name) => name,
            Companions::None => self.function.ident(),
        };
        if self.function.associated {
            companion.of_method(ident)
        } else {
            companion.ident(ident.span())
        }
    }

    /// The name of the type beside a free function.
    pub(super) fn companion_type(&self) -> Ident {
        match &self.companions {
            Companions::Named(name) => name.clone(),
            Companions::None => Companion::At.of_method(self.function.ident()),
        }
    }

    /// The attributes of each emitted function. In an impl these are the function's neighbours; a
    /// companion type's impl has the attributes once for all.
    pub(super) fn on_each_item(&self) -> &[Attribute] {
        if self.function.associated { &self.attributes.everywhere } else { &[] }
    }
}
