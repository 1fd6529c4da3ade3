//! The call site's descriptor, and the cache behind it with its types.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{Model, generics, placed, shown_at};

/// The hidden function that every other one asks for the cache.
pub(super) fn cache(model: &Model) -> TokenStream {
    let (krate, name) = (&model.krate, &model.names.cache);
    let everywhere = model.attributes.everywhere.iter().filter(|_| model.function.associated);
    let ((unused, generics), bounds) = (generics(model), &model.function.sig.generics.where_clause);
    let returns = model.function.returns();
    let (kind, helpers) = if model.fallible {
        (quote!(Fallible), quote!({OwnError as _, SharedError as _}))
    } else {
        (quote!(Plain), quote!(PlainReturn as _))
    };
    let typed = typed(model);
    let (span, facade) = (shown_at(returns.span()), placed(krate, returns.span()));
    let shown = quote_spanned!(span=> #facade::__private::#kind<#returns>);
    quote! {
        #(#everywhere)*
        #unused
        fn #name #generics() -> #shown #bounds {
            use #krate::__private::#helpers;
            #typed
        }
    }
}

/// The hidden function that names the site. It is generic over nothing: however many types a function is called with, it
/// is one site.
pub(super) fn home(model: &Model) -> TokenStream {
    let (krate, name) = (&model.krate, &model.names.site);
    let everywhere = model.attributes.everywhere.iter().filter(|_| model.function.associated);
    let site = site(model);
    quote! {
        #(#everywhere)*
        fn #name() -> &'static #krate::__private::Site {
            #site
            &SITE
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
    let ttl = model.site.ttl.map(|millis| quote!(.ttl_millis(#millis)));
    let capacity = model.site.capacity.map(|capacity| quote!(.capacity(#capacity)));
    let version = model.site.version.map(|version| quote!(.version(#version)));
    quote!(#ttl #capacity #version)
}

/// The bounds on the value stand on the last call alone, so that a wrong type is one error, shown at the return type.
fn typed(model: &Model) -> TokenStream {
    let (krate, returns, site) = (&model.krate, model.function.returns(), &model.names.site);
    let span = shown_at(returns.span());
    let shape = if model.fallible { quote!(fallible) } else { quote!(plain) };
    let bound = if model.site.local { quote!(local) } else { quote!(stored) };
    let (shape, bound) = (placed(shape, span), placed(bound, span));
    quote_spanned!(span=> (&#krate::__private::Tag::<#returns>::new()).#shape().#bound(Self::#site()))
}
