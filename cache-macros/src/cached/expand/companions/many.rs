//! The companions for several items of a list.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, TypeReference, TypeSlice};

use super::{super::key, header};
use crate::{
    cached::{
        batch::Batch,
        expand::signature::{allow_unused, value},
        model::{Model, input::Input},
    },
    shared::{companion::Companion, tokens::hygienic, types::peel},
};

/// A companion for several items.
struct Many<'a> {
    companion: Companion,
    doc: &'a str,
    /// The type of the items.
    items: TokenStream,
    output: TokenStream,
    call: TokenStream,
}

/// Emits `peek_many`, `put_many` and `invalidate_many`.
pub(super) fn all(model: &Model, list: &Batch) -> [TokenStream; 3] {
    let krate = &model.krate;
    let value = value(model);
    let (bound, borrowed) = item(model, list);
    let name = &model.params[list.place].name;
    let at = key::given(model, &quote!(Self));
    let mapped = |closure: TokenStream| {
        let items = quote!(::core::iter::IntoIterator::into_iter(#name));
        quote!(::core::iter::Iterator::collect(::core::iter::Iterator::map(#items, #closure)))
    };
    let keys = mapped(quote!(|#name| { let #name = #borrowed; #at }));
    let stored = hygienic("value");
    let entries = mapped(quote!(|(#name, #stored)| { let #name = #borrowed; (#at, #stored) }));
    let cache = model.name_of(Companion::Cache);
    let peek = Many {
        companion: Companion::PeekMany,
        doc: "Returns the stored value of each item, fresh or stale, in their order.",
        items: bound.clone(),
        output: quote!(#krate::__private::Vec<::core::option::Option<#value>>),
        call: quote!(#krate::__private::peek_many(#keys)),
    };
    let put = Many {
        companion: Companion::PutMany,
        doc: "Stores a value for each item without running the function.",
        items: quote!((#bound, #value)),
        output: quote!(()),
        call: quote!(#krate::__private::put_many(#entries)),
    };
    let invalidate = Many {
        companion: Companion::InvalidateMany,
        doc: "Removes the values of these items and returns how far that has reached.",
        items: bound,
        output: quote!(#krate::__private::Invalidation),
        call: quote!(#krate::__private::invalidate_many(Self::#cache(), #keys)),
    };
    [peek, put, invalidate].map(|many| many.expand(model, list))
}

/// Returns the bound of an item that is given, and the expression that borrows it.
fn item(model: &Model, list: &Batch) -> (TokenStream, TokenStream) {
    let Input { name, taken, .. } = &model.params[list.place];
    let span = model.returns_shown;
    if let Type::Reference(TypeReference { elem, .. }) = peel(taken) {
        let of = peel(elem);
        let is_text = matches!(of, Type::Path(path) if path.path.is_ident("str"));
        if is_text || matches!(of, Type::Slice(TypeSlice { .. })) {
            return (
                quote_spanned!(span=> impl ::core::convert::AsRef<#of>),
                quote!(::core::convert::AsRef::<#of>::as_ref(&#name)),
            );
        }
        return borrowed(of, name);
    }
    borrowed(taken, name)
}

fn borrowed(of: &Type, name: &syn::Ident) -> (TokenStream, TokenStream) {
    (
        quote!(impl ::core::borrow::Borrow<#of>),
        quote!(::core::borrow::Borrow::<#of>::borrow(&#name)),
    )
}

impl Many<'_> {
    fn expand(self, model: &Model, list: &Batch) -> TokenStream {
        let Self { companion, doc, items, output, call } = self;
        let name = model.name_of(companion);
        let receiver = model.receiver.iter().filter(|receiver| receiver.keyed);
        let receiver = receiver.map(|receiver| {
            let declared = &receiver.declared;
            quote!(#declared)
        });
        let params = model.params.iter().enumerate().filter(|(_, param)| param.keyed);
        let params = params.map(|(place, Input { name, taken, .. })| {
            if place == list.place {
                quote!(#name: impl ::core::iter::IntoIterator<Item = #items>)
            } else {
                quote!(#name: #taken)
            }
        });
        let params = receiver.chain(params);
        let generics = &model.taken.generics;
        let bounds = &generics.where_clause;
        let unused = allow_unused(generics);
        let header = header(model, doc);
        quote! {
            #unused #header fn #name #generics(#(#params),*) -> impl ::core::future::Future<Output = #output> #bounds {
                #call
            }
        }
    }
}
