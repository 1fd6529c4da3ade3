//! The call site's descriptor, and the cache behind it with its types.

use cachery_syntax::Backend;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, Type, TypePath};

use super::{Model, Site, generics, hygienic, key};
use crate::spans::placed;

/// `__at`: the call's place in the cache, with the function's types. The wrapper and the companions ask for it, and so does whoever
/// names the function as a target.
pub(super) fn at_function(model: &Model) -> TokenStream {
    let (krate, name, vis) = (&model.krate, &model.names.at, &model.function.vis);
    let everywhere = model.on_each_item();
    let ((unused, generics), bounds) = (generics(model), &model.function.sig.generics.where_clause);
    let (returns, span) = (&model.returns, model.returns_shown);
    let (kind, helpers) = if model.fallible {
        (quote!(At), quote!({OwnError as _, SharedError as _}))
    } else {
        (quote!(Plain), quote!(PlainReturn as _))
    };
    let typed = typed(model);
    let facade = placed(krate, span);
    let known = known(model);
    let params = key::declared(model);
    let shown = quote_spanned!(span=> #facade::__private::#kind<#returns>);
    let held_back = model.stand_in.then(|| quote!(#[allow(unused_variables)]));
    let leave = key::leave(model);
    quote! {
        #(#everywhere)*
        #[doc(hidden)]
        #unused
        #held_back
        #leave
        #vis fn #name #generics(#(#params),*) -> #shown #bounds {
            #known
            use #krate::__private::#helpers;
            #typed
        }
    }
}

/// `__site`: a reference to the descriptor. It is generic over nothing: however many types a function is called with, it
/// is one site.
///
/// A declared cache has its own.
pub(super) fn site_function(model: &Model) -> Option<TokenStream> {
    let (krate, name) = (&model.krate, &model.names.site);
    let everywhere = model.on_each_item();
    let site = site_static(model);
    model.declared.is_none().then(|| {
        quote! {
            #(#everywhere)*
            fn #name() -> &'static #krate::__private::Site {
                #site
                &SITE
            }
        }
    })
}

fn site_static(model: &Model) -> TokenStream {
    let policy = policy(&model.krate, &model.site);
    site(&model.krate, &model.site, &policy)
}

/// `SITE`: the descriptor itself, a plain static that is linked into the list of all sites: it is known before its first
/// call.
pub(crate) fn site(krate: &Path, site: &Site, policy: &TokenStream) -> TokenStream {
    let (name, fingerprint) = (&site.name, &site.fingerprint);
    let function = format!("::{}", site.function);
    quote! {
        #[#krate::__private::linkme::distributed_slice(#krate::__private::SITES)]
        #[linkme(crate = #krate::__private::linkme)]
        static SITE: #krate::__private::Site = #krate::__private::Site::new(
            #name,
            ::core::concat!(::core::module_path!(), #function),
            #fingerprint,
        )
        #policy;
    }
}

/// What is said of the cache; what is not said is decided elsewhere.
pub(crate) fn policy(krate: &Path, site: &Site) -> TokenStream {
    let ttl = site.ttl.map(|millis| quote!(.ttl_millis(#millis)));
    let capacity = site.capacity.map(|capacity| quote!(.capacity(#capacity)));
    let version = site.version.map(|version| quote!(.version(#version)));
    let backend = site.backend.map(|backend| backend_call(krate, backend));
    let local = site.local.then(|| quote!(.local()));
    quote!(#ttl #capacity #version #backend #local)
}

fn backend_call(krate: &Path, backend: Backend) -> TokenStream {
    let variant = match backend {
        Backend::Memory => quote!(Memory),
        Backend::Redis => quote!(Redis),
        Backend::Tiered => quote!(Tiered),
    };
    quote!(.backend(#krate::__private::Backend::#variant))
}

/// Nothing for most. The parameters of an impl cannot be seen from its function, and a return type that is one of them, or a
/// projection of one, may be a `Result` or not: an inner item may name everything but them.
fn known(model: &Model) -> Option<TokenStream> {
    let returns = &model.returns;
    let Type::Path(TypePath { path, .. }) = returns else { return None };
    let bare = path.segments.iter().all(|segment| segment.arguments.is_none() && segment.ident != "Self");
    (model.function.associated && bare).then(|| {
        quote_spanned! {model.returns_shown=>
            const _: ::core::marker::PhantomData<fn() -> #returns> = ::core::marker::PhantomData;
        }
    })
}

/// The bounds on the value stand on the last call alone, so that a wrong type is one error, shown at the return type.
fn typed(model: &Model) -> TokenStream {
    let (krate, returns) = (&model.krate, &model.returns);
    let span = model.returns_shown;
    let shape = if model.fallible { quote!(fallible) } else { quote!(plain) };
    let (shape, source) = (placed(shape, span), source(model));
    let mut tag = hygienic("__tag");
    tag.set_span(tag.span().located_at(span));
    quote_spanned! {span=>
        let #tag = &#krate::__private::Tag::<#returns>::new();
        #tag.#shape().#source
    }
}

/// The cache and the key in it.
fn source(model: &Model) -> TokenStream {
    let (site, span) = (&model.names.site, model.returns_shown);
    if let Some(declared) = &model.declared {
        let parts = model.parts.iter().map(|part| &part.value);
        let (method, kept) = (placed(quote!(declared), span), placed(quote!(kept), span));
        return quote!(#method(#declared::__at(#(#parts),*)).#kept());
    }
    let (bound, parts) = (if model.site.local { quote!(local) } else { quote!(stored) }, key::parts(model));
    let bound = placed(bound, span);
    quote!(#bound(Self::#site(), #parts))
}
