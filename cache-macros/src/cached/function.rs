//! The user's function, taken apart as far as the later phases need it.

use proc_macro2::TokenStream;
use syn::{FnArg, Ident, Pat, PatType, Receiver, Type, Visibility, parse_quote};

use super::self_type;
use crate::shared::{errors::Errors, item::Item};

/// The function below `#[cached]`.
pub(super) struct Function {
    pub(super) item: Item,
    /// The parameters after `self`.
    pub(super) params: Vec<Param>,
    /// It stands in an impl: it has a receiver, or names `Self`.
    pub(super) associated: bool,
    /// The visibility of the companions.
    pub(super) companion_vis: Visibility,
}

/// A parameter after `self`.
pub(super) struct Param {
    /// A pattern has none.
    pub(super) name: Option<Ident>,
    pub(super) declared: PatType,
}

impl Function {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        let item = Item::parse("#[cached]", tokens, errors)?;
        let associated = self_type::is_named_in(&item);
        let companion_vis = item.vis.clone();
        Some(Self { params: params(&item), item, associated, companion_vis })
    }

    /// Parses a function in the impl of a trait, which is as visible as the trait.
    pub(super) fn parse_in_trait_impl(tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        let item = Item::parse("#[cached]", tokens, errors)?;
        let companion_vis = parse_quote!(pub);
        Some(Self { params: params(&item), item, associated: true, companion_vis })
    }

    pub(super) fn ident(&self) -> &Ident {
        &self.item.sig.ident
    }

    pub(super) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    pub(super) fn receiver(&self) -> Option<&Receiver> {
        self.item.sig.receiver()
    }

    /// The return type, without the parentheses and invisible groups around it.
    pub(super) fn returns(&self) -> Option<&Type> {
        self.item.returns()
    }

    /// The function's own type parameters. Those of an impl around it cannot be seen.
    pub(super) fn type_params(&self) -> impl Iterator<Item = &Ident> {
        self.item.sig.generics.type_params().map(|param| &param.ident)
    }
}

fn params(item: &Item) -> Vec<Param> {
    item.sig.inputs.iter().filter_map(param).collect()
}

fn param(input: &FnArg) -> Option<Param> {
    let FnArg::Typed(declared) = input else { return None };
    let name = match &*declared.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        _ => None,
    };
    Some(Param { name, declared: declared.clone() })
}
