//! `peek`, `refresh`, `put`, `invalidate`, `cache`: each one line of work on the key.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use super::{Inputs, Model, cache, generics, hygienic, inputs, key, leave, placed, run};

pub(super) fn all(model: &Model) -> Vec<TokenStream> {
    vec![peek(model), refresh(model), put(model), invalidate(model), handle(model)]
}

/// What the companion type says of itself.
pub(super) fn about(model: &Model) -> String {
    let (ident, name) = (&model.function.sig.ident, &model.site.name);
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
    /// The call on the cache, from its method on.
    action: TokenStream,
}

impl Companion<'_> {
    fn expand(self, model: &Model) -> TokenStream {
        let Self { name, doc, extra, output, action } = self;
        let mut params = inputs(model, Inputs::Keyed);
        params.extend(extra);
        let cache = cache(model, &quote!(Self));
        let (encode, _) = key::given(model);
        let header = header(model, doc);
        let ((unused, generics), bounds) = (generics(model), &model.function.sig.generics.where_clause);
        // Not `async fn`: a state machine for each companion of each function would cost more to compile than the function.
        quote_spanned! {model.returns_shown=>
            #unused #header fn #name #generics(#(#params),*) -> impl ::core::future::Future<Output = #output> #bounds {
                #encode
                #cache.#action
            }
        }
    }
}

fn peek(model: &Model) -> TokenStream {
    let (key, value) = (key::given(model).1, value(model));
    let companion = Companion {
        name: &model.names.peek,
        doc: "The stored answer for these arguments while it is fresh. Never runs the function.",
        extra: None,
        output: quote_spanned!(model.returns_shown=> ::core::option::Option<#value>),
        action: quote_spanned!(model.returns_shown=> peek(#key)),
    };
    companion.expand(model)
}

fn refresh(model: &Model) -> TokenStream {
    let (name, output, bounds) =
        (&model.names.refresh, &model.function.sig.output, &model.function.sig.generics.where_clause);
    let (params, (run, start)) = (inputs(model, Inputs::All), run(model, &quote!(Self)));
    let (key, encode) = key::binding(model);
    let cache = cache(model, &quote!(Self));
    let header = header(model, "Runs the function now, whatever is stored, and stores its answer.");
    let (unused, generics) = generics(model);
    quote! {
        #unused #header async fn #name #generics(#(#params),*) #output #bounds {
            #encode
            #start
            #cache.refresh(&#key, #run).await
        }
    }
}

fn put(model: &Model) -> TokenStream {
    let taken = model.params.iter().any(|param| param.declared.0 == "value");
    let (key, mut stored, value) =
        (key::given(model).1, hygienic(if taken { "__value" } else { "value" }), value(model));
    stored.set_span(stored.span().located_at(model.returns_shown));
    let companion = Companion {
        name: &model.names.put,
        doc: "Stores `value` as the answer for these arguments, without running the function.",
        extra: Some(quote_spanned!(model.returns_shown=> #stored: #value)),
        output: quote!(()),
        action: quote_spanned!(model.returns_shown=> put(#key, #stored)),
    };
    companion.expand(model)
}

fn invalidate(model: &Model) -> TokenStream {
    let (key, krate) = (key::given(model).1, &model.krate);
    let companion = Companion {
        name: &model.names.invalidate,
        doc: "Makes the stored answer for these arguments unreadable, and says how far that has reached.",
        extra: None,
        output: quote!(#krate::__private::Invalidation),
        action: quote!(invalidate(#key)),
    };
    companion.expand(model)
}

/// Generic over nothing: it is one cache for all types.
fn handle(model: &Model) -> TokenStream {
    let (name, site, krate) = (&model.names.handle, &model.names.site, &model.krate);
    let header = header(model, "The cache itself: its name, policy and statistics, and `clear`.");
    quote! {
        #header fn #name() -> #krate::__private::CacheHandle {
            Self::#site().handle()
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
    quote_spanned!(span=> <#returns as #facade::__private::IsResult>::Ok)
}
