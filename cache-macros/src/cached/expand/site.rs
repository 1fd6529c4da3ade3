//! The call site's descriptor, and the cache behind it with its types.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{Model, shown_at};

/// The hidden function that every other one asks for the cache.
pub(super) fn cache(model: &Model) -> TokenStream {
    let (krate, name) = (&model.krate, &model.names.cache);
    let everywhere = model.attributes.everywhere.iter().filter(|_| model.function.associated);
    let (generics, bounds) = (&model.function.sig.generics, &model.function.sig.generics.where_clause);
    let returns = model.function.returns();
    let (kind, helpers) = if model.fallible {
        (quote!(Fallible), quote!({OwnError as _, SharedError as _}))
    } else {
        (quote!(Plain), quote!(PlainReturn as _))
    };
    let (site, typed) = (site(model), typed(model));
    quote! {
        #(#everywhere)*
        #[doc(hidden)]
        fn #name #generics() -> #krate::__private::#kind<#returns> #bounds {
            use #krate::__private::#helpers;
            #site
            #typed
        }
    }
}

/// A plain static, linked into the list of all sites: it is known before its first call.
fn site(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let (name, fingerprint) = (&model.site.name, &model.site.fingerprint);
    let function = format!("::{}", model.site.function);
    let policy = policy(model);
    quote! {
        #[#krate::__private::linkme::distributed_slice(#krate::__private::SITES)]
        #[linkme(crate = #krate::__private::linkme)]
        static SITE: #krate::__private::Site = #krate::__private::Site::new(
            #name,
            ::core::concat!(::core::module_path!(), #function),
            #fingerprint,
        )
        .at(::core::file!(), ::core::line!())
        #policy;
    }
}

/// What the attribute says; what it does not say is decided elsewhere.
fn policy(model: &Model) -> TokenStream {
    let ttl = model.site.ttl.map_or_else(
        || quote!(::core::option::Option::None),
        |ttl| quote!(::core::option::Option::Some(::core::time::Duration::from_millis(#ttl))),
    );
    let capacity = model.site.capacity.map(|capacity| quote!(.capacity(#capacity)));
    let version = model.site.version.map(|version| quote!(.version(#version)));
    quote!(.ttl(#ttl) #capacity #version)
}

/// The bounds on the value stand on the last call alone, so that a wrong type is one error, shown at the return type.
fn typed(model: &Model) -> TokenStream {
    let (krate, returns) = (&model.krate, model.function.returns());
    let span = shown_at(returns.span());
    let shape = if model.fallible { quote!(fallible) } else { quote!(plain) };
    let bound = if model.site.local { quote!(local) } else { quote!(stored) };
    let (shape, bound) = (at(shape, span), at(bound, span));
    quote_spanned!(span=> (&#krate::__private::Tag::<#returns>::new()).#shape().#bound(&SITE))
}

fn at(tokens: TokenStream, span: proc_macro2::Span) -> TokenStream {
    let place = |mut token: proc_macro2::TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(place).collect()
}
