//! The call site's descriptor, and the cache behind it with its types.

use cache_syntax::Backend;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, TypePath};

use super::{Model, generics, hygienic, placed};

/// `__cache`: the cache with the function's types, which the wrapper and the companions ask for it.
pub(super) fn cache_function(model: &Model) -> TokenStream {
    let (krate, name) = (&model.krate, &model.names.cache);
    let everywhere = model.on_each_item();
    let ((unused, generics), bounds) = (generics(model), &model.function.sig.generics.where_clause);
    let (returns, span) = (&model.returns, model.returns_shown);
    let (kind, helpers) = if model.fallible {
        (quote!(Fallible), quote!({OwnError as _, SharedError as _}))
    } else {
        (quote!(Plain), quote!(PlainReturn as _))
    };
    let typed = typed(model);
    let facade = placed(krate, span);
    let known = known(model);
    let shown = quote_spanned!(span=> #facade::__private::#kind<#returns>);
    quote! {
        #(#everywhere)*
        #unused
        fn #name #generics() -> #shown #bounds {
            #known
            use #krate::__private::#helpers;
            #typed
        }
    }
}

/// `__site`: a reference to the descriptor. It is generic over nothing: however many types a function is called with, it
/// is one site.
pub(super) fn site_function(model: &Model) -> TokenStream {
    let (krate, name) = (&model.krate, &model.names.site);
    let everywhere = model.on_each_item();
    let site = site_static(model);
    quote! {
        #(#everywhere)*
        fn #name() -> &'static #krate::__private::Site {
            #site
            &SITE
        }
    }
}

/// `SITE`: the descriptor itself, a plain static that is linked into the list of all sites: it is known before its first
/// call.
fn site_static(model: &Model) -> TokenStream {
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
    let backend = model.site.backend.map(|backend| backend_call(model, backend));
    let local = model.site.local.then(|| quote!(.local()));
    quote!(#ttl #capacity #version #backend #local)
}

fn backend_call(model: &Model, backend: Backend) -> TokenStream {
    let krate = &model.krate;
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
    let (krate, returns, site) = (&model.krate, &model.returns, &model.names.site);
    let span = model.returns_shown;
    let shape = if model.fallible { quote!(fallible) } else { quote!(plain) };
    let bound = if model.site.local { quote!(local) } else { quote!(stored) };
    let (shape, bound) = (placed(shape, span), placed(bound, span));
    let mut tag = hygienic("__tag");
    tag.set_span(tag.span().located_at(span));
    quote_spanned! {span=>
        let #tag = &#krate::__private::Tag::<#returns>::new();
        #tag.#shape().#bound(Self::#site())
    }
}
