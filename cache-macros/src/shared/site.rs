//! The descriptor of a call site.

use std::fmt;

use cachery_syntax::{Backend, Budget, Engine, Eviction};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Path;

use super::{
    budget, bytes::BytesArguments, deciding::DecidingArguments, freshness::Freshness,
    ttl::TtlArgument, values::Values,
};

/// The content of a call site's descriptor.
#[expect(clippy::struct_excessive_bools, reason = "each is a statement of its own")]
pub(crate) struct Site {
    pub(crate) name: String,
    /// The function's name, to end its path.
    pub(crate) function: String,
    /// The name is written, and so it is the cache's identity.
    pub(crate) named: bool,
    /// The types that form the key as text: entries of other types are never read.
    pub(crate) key_text: String,
    /// The key consists of its parameters alone, as they are.
    pub(crate) only_params: bool,
    /// The type of the values as text.
    pub(crate) value_text: String,
    pub(crate) ttl: TtlArgument,
    pub(crate) capacity: Option<u64>,
    pub(crate) version: Option<u32>,
    pub(crate) backend: Option<Backend>,
    pub(crate) engine: Option<Engine>,
    pub(crate) eviction: Option<Eviction>,
    pub(crate) bytes: BytesArguments,
    pub(crate) deciding: DecidingArguments,
    pub(crate) budget: Option<Budget>,
    /// The type of the values, where a static can name it.
    pub(crate) value: Option<TokenStream>,
    pub(crate) freshness: Freshness,
    pub(crate) local: bool,
    /// Loads run in tasks of their own.
    pub(crate) detached: bool,
}

impl Site {
    pub(crate) fn new(
        values: Values,
        function: String,
        key_text: String,
        only_params: bool,
        value_text: String,
        value: Option<TokenStream>,
    ) -> Self {
        Self {
            function,
            named: values.named,
            key_text,
            only_params,
            value_text,
            ttl: values.ttl,
            name: values.name,
            capacity: values.capacity,
            version: values.version,
            backend: values.backend,
            engine: values.engine,
            eviction: values.eviction,
            bytes: values.bytes,
            deciding: values.deciding,
            budget: values.budget,
            value,
            freshness: values.freshness,
            local: values.local,
            detached: values.detached,
        }
    }

    /// Notes that the values are `Option`s, by the name of their type or because `none_ttl` says so.
    pub(crate) fn optional(self, by_name: bool) -> Self {
        let optional = by_name || self.freshness.none_ttl.is_some();
        Self { deciding: self.deciding.optional(optional), ..self }
    }

    /// Emits a reference to the descriptor: a plain static in the list of all sites, which the linker
    /// collects. So a site is known before its first call.
    pub(crate) fn reference(&self, krate: &Path, policy: &TokenStream) -> TokenStream {
        let Self { name, key_text, value_text, .. } = self;
        let function = format!("::{}", self.function);
        let new = format_ident!(
            "{}",
            match (self.named, self.only_params) {
                (true, true) => "named_of_params",
                (true, false) => "named",
                (false, true) => "of_params",
                (false, false) => "new",
            }
        );
        quote! {
            #krate::__private::site!(#new: #name, #function, #key_text, #value_text; #policy)
        }
    }

    /// The calls that say what the attribute says. What it leaves out is decided at run time.
    pub(crate) fn policy(&self, krate: &Path) -> TokenStream {
        let ttl = self.ttl.call(krate);
        let capacity = self.capacity.map(|capacity| quote!(.capacity(#capacity)));
        let version = self.version.map(|version| quote!(.version(#version)));
        let backend = self.backend.map(|backend| variant(krate, "Backend", &backend));
        let backend = backend.map(|backend| quote!(.backend(#backend)));
        let engine = self.engine.map(|engine| variant(krate, "Engine", &engine));
        let engine = engine.map(|engine| quote!(.engine(#engine)));
        let eviction = self.eviction.map(|eviction| variant(krate, "Eviction", &eviction));
        let eviction = eviction.map(|eviction| quote!(.eviction(#eviction)));
        let max_bytes = self.bytes.bound();
        let weigh = self.value.as_ref().map(|value| self.bytes.weigher(krate, value));
        let freshness = self.freshness.calls(krate);
        let budget = self.budget.map(|budget| budget::calls(budget, &self.deciding, krate));
        let optional = self.deciding.optional.then(|| quote!(.optional()));
        let local = self.local.then(|| quote!(.local()));
        let detached = self.detached.then(|| quote!(.detached()));
        quote! {
            #ttl #capacity #version #backend #engine #eviction #max_bytes #freshness #budget #optional #local
            #detached #weigh
        }
    }
}

/// Emits the path of a variant of a `kind`.
fn variant(krate: &Path, kind: &str, variant: &impl fmt::Debug) -> TokenStream {
    let kind = format_ident!("{kind}");
    // `Debug` writes the name of the variant.
    let variant = format_ident!("{variant:?}");
    quote!(#krate::__private::#kind::#variant)
}
