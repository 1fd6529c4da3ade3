//! The names of what is emitted beside a cached function.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt as _;

/// A function that is emitted beside the user's.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Companion {
    Peek,
    Refresh,
    /// A call that tells where its value came from.
    Served,
    Put,
    Invalidate,
    Expire,
    /// The invalidation as a value.
    Target,
    /// `peek`, `put` and `invalidate` of several items.
    PeekMany,
    PutMany,
    InvalidateMany,
    /// The handle of the whole cache.
    Cache,
    /// The user's function under another name. Hidden, as the following ones are.
    Body,
    /// The descriptor of the call site.
    Site,
    /// The entry of one call. Targets of `#[invalidate]` and `#[cache_put]` call it, too.
    At,
}

impl Companion {
    /// Those for users.
    pub(crate) const PUBLIC: [Self; 8] = [
        Self::Peek,
        Self::Refresh,
        Self::Served,
        Self::Put,
        Self::Invalidate,
        Self::Expire,
        Self::Target,
        Self::Cache,
    ];

    /// Its name in the type that stands beside a free function.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Peek => "peek",
            Self::Refresh => "refresh",
            Self::Served => "served",
            Self::Put => "put",
            Self::Invalidate => "invalidate",
            Self::Expire => "expire",
            Self::Target => "target",
            Self::PeekMany => "peek_many",
            Self::PutMany => "put_many",
            Self::InvalidateMany => "invalidate_many",
            Self::Cache => "cache",
            Self::Body => "__body",
            Self::Site => "__site",
            Self::At => "__at",
        }
    }

    /// [`name`](Self::name), shown at `span`.
    pub(crate) fn ident(self, span: Span) -> Ident {
        Ident::new(self.name(), span)
    }

    /// Its name beside `method`.
    pub(crate) fn of_method(self, method: &Ident) -> Ident {
        let method = method.unraw();
        match self {
            // The compiler says that this is missing when a target is a method without `#[cached]`.
            Self::At => format_ident!("__cached_{method}"),
            Self::Body => format_ident!("__{method}_body"),
            Self::Site => format_ident!("__{method}_site"),
            _ => format_ident!("{method}_{}", self.name()),
        }
    }
}
