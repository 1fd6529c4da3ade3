//! The inputs as the wrapper and the companions declare them: each by a name, and without a `mut`
//! of the body's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::{Receiver, Type};

use super::{
    super::{
        function::{Function, Param},
        validate::{Key, Tag, Use},
    },
    by_reference,
    generics::Taken,
};
use crate::shared::mentions::Mentions;

/// A parameter after `self`.
pub(in super::super) struct Input {
    pub(in super::super) name: Ident,
    pub(in super::super) ty: Type,
    /// The type as the companions take it.
    pub(in super::super) taken: Type,
    /// The type of a reference to it.
    pub(in super::super) by_reference: TokenStream,
    /// The companions need it for the key.
    pub(in super::super) keyed: bool,
}

/// The receiver.
pub(in super::super) struct SelfInput {
    pub(in super::super) declared: Receiver,
    /// The companions need it for the key.
    pub(in super::super) keyed: bool,
}

impl SelfInput {
    /// The wrapper hands `self` on as it is: whether it is `mut` matters to the body alone.
    pub(super) fn new(declared: &Receiver, keyed: bool) -> Self {
        Self { declared: Receiver { attrs: vec![], mutability: None, ..declared.clone() }, keyed }
    }
}

pub(super) fn params(function: &Function, key: &Key, tags: &[Tag], taken: &Taken) -> Vec<Input> {
    let in_tags = |param: &Param| {
        let mut args = tags.iter().flat_map(|tag| &tag.args);
        let has_name = |arg| {
            let mentions = Mentions::of_expr(arg);
            param.name.as_ref().is_some_and(|name| mentions.has_word(&name.to_string()))
        };
        args.any(has_name)
    };
    let input = |(place, (param, &usage)): (usize, (&Param, &Use))| {
        let name = name(place, param, usage == Use::Named || in_tags(param));
        let taken = taken.input(&param.declared.ty);
        let by_reference = by_reference::declared(&name, &taken, key);
        let ty = (*param.declared.ty).clone();
        Input { name, ty, taken, by_reference, keyed: usage != Use::Skipped }
    };
    function.params.iter().zip(&key.params).enumerate().map(input).collect()
}

/// Returns a parameter's name outside of the body.
///
/// A name that begins with `_` says that the body does not use it. Handing it on does, so it loses
/// its underscore, unless an expression of `key(..)` or `tags(..)` uses it.
fn name(place: usize, param: &Param, in_expression: bool) -> Ident {
    let ours = |name: &str| {
        Some(Ident::new(name, Span::mixed_site())).filter(|_| syn::parse_str::<Ident>(name).is_ok())
    };
    let name = param.name.as_ref().and_then(|name| match name.to_string().strip_prefix('_') {
        Some(rest) if !in_expression => ours(rest),
        _ => Some(name.clone()),
    });
    name.unwrap_or_else(|| format_ident!("arg{place}", span = Span::mixed_site()))
}
