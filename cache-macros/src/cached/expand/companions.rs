//! `peek`, `refresh`, `put`, `invalidate`, `cache`: each one line of work on the key.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use crate::{cached::model::written, spans::placed};

use super::{Inputs, Model, generics, hygienic, inputs, key, leave, run};

pub(super) fn all(model: &Model) -> Vec<TokenStream> {
    vec![peek(model), refresh(model), put(model), invalidate(model), handle(model)]
}

/// What the companion type says of itself.
pub(super) fn about(model: &Model) -> String {
    let ident = &model.function.sig.ident;
    let name = model.declared.as_ref().map_or_else(|| model.site.name.clone(), written);
    format!(
        "The cache `{name}` of [`{ident}`](fn@{ident}): what can be done with its answers besides calling it."
    )
}

/// A doc comment, unless the function is hidden itself.
pub(super) fn documentation(model: &Model, text: &str) -> TokenStream {
    let text = format!(" {text}");
    let hidden = model.attributes.hidden.then(|| quote!(#[doc(hidden)]));
    quote!(#[doc = #text] #hidden)
}

/// Everything in which the companions that need no body differ.
struct Companion<'a> {
    name: &'a Ident,
    doc: &'a str,
    extra: Option<TokenStream>,
    output: TokenStream,
    /// The call on its place in the cache, from its method on.
    action: TokenStream,
}

impl Companion<'_> {
    fn expand(self, model: &Model) -> TokenStream {
        let Self { name, doc, extra, output, action } = self;
        let mut params = inputs(model, Inputs::Keyed);
        params.extend(extra);
        let at = key::given(model, &quote!(Self));
        let header = header(model, doc);
        let ((unused, generics), bounds) = (generics(model), &model.function.sig.generics.where_clause);
        // Not `async fn`: a state machine for each companion of each function would cost more to compile than the function.
        quote_spanned! {model.returns_shown=>
            #unused #header fn #name #generics(#(#params),*) -> impl ::core::future::Future<Output = #output> #bounds {
                #at.#action
            }
        }
    }
}

fn peek(model: &Model) -> TokenStream {
    let value = value(model);
    let companion = Companion {
        name: &model.names.peek,
        doc: "The stored answer for these arguments while it is fresh. Never runs the function.",
        extra: None,
        output: quote_spanned!(model.returns_shown=> ::core::option::Option<#value>),
        action: quote_spanned!(model.returns_shown=> peek()),
    };
    companion.expand(model)
}

fn refresh(model: &Model) -> TokenStream {
    let (name, output, bounds) =
        (&model.names.refresh, &model.function.sig.output, &model.function.sig.generics.where_clause);
    let home = quote!(Self);
    let (params, run) = (inputs(model, Inputs::All), run(model, &home));
    let (at, find) = key::binding(model, &home);
    let header = header(model, "Runs the function now, whatever is stored, and stores its answer.");
    let (unused, generics) = generics(model);
    quote! {
        #unused #header async fn #name #generics(#(#params),*) #output #bounds {
            #find
            #at.refresh(#run).await
        }
    }
}

fn put(model: &Model) -> TokenStream {
    let taken = model.params.iter().any(|param| param.declared.0 == "value");
    let (mut stored, value) = (hygienic(if taken { "__value" } else { "value" }), value(model));
    stored.set_span(stored.span().located_at(model.returns_shown));
    let companion = Companion {
        name: &model.names.put,
        doc: "Stores `value` as the answer for these arguments, without running the function.",
        extra: Some(quote_spanned!(model.returns_shown=> #stored: #value)),
        output: quote!(()),
        action: quote_spanned!(model.returns_shown=> put(#stored)),
    };
    companion.expand(model)
}

fn invalidate(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let companion = Companion {
        name: &model.names.invalidate,
        doc: "Makes the stored answer for these arguments unreadable, and says how far that has reached.",
        extra: None,
        output: quote!(#krate::__private::Invalidation),
        action: quote!(invalidate()),
    };
    companion.expand(model)
}

/// Generic over nothing: it is one cache for all types.
fn handle(model: &Model) -> TokenStream {
    let (name, site, krate) = (&model.names.handle, &model.names.site, &model.krate);
    let own = || quote!(#krate::__private::CacheHandle::of(Self::#site()));
    let cache = model.declared.as_ref().map_or_else(own, |declared| quote!(#declared::cache()));
    let header = header(model, "The cache itself: its name, policy and statistics, and `clear`.");
    quote! {
        #header fn #name() -> #krate::__private::CacheHandle {
            #cache
        }
    }
}

/// What stands before `async fn`.
fn header(model: &Model, doc: &str) -> TokenStream {
    let doc = documentation(model, doc);
    let vis = &model.function.vis;
    let everywhere = model.on_each_item();
    let held_back = model.stand_in.then(|| quote!(#[allow(unused_variables)]));
    let many = model.function.associated && model.params.len() >= 6;
    let leave = many.then(|| leave(model, &TokenStream::new()));
    quote!(#held_back #leave #(#everywhere)* #doc #vis)
}

/// What is stored: `Ok`'s value, or the whole answer.
fn value(model: &Model) -> TokenStream {
    let (returns, span) = (&model.returns, model.returns_shown);
    if !model.fallible {
        return returns.to_token_stream();
    }
    let facade = placed(&model.krate, span);
    quote_spanned!(span=> #facade::__private::Value<#returns>)
}
