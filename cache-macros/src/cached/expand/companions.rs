//! `peek`, `refresh`, `put`, `invalidate`, `cache`: each one line of work on the key.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};

use super::{Inputs, Model, call, hygienic, inputs, key, run};

pub(super) fn all(model: &Model) -> Vec<TokenStream> {
    vec![peek(model), refresh(model), put(model), invalidate(model), handle(model)]
}

/// What the companion type says of itself.
pub(super) fn about(model: &Model) -> String {
    let (ident, name) = (&model.function.sig.ident, &model.site.name);
    format!("The cache `{name}` of [`{ident}`](fn@{ident}): what can be done with its answers besides calling it.")
}

/// A doc comment, unless the function is hidden itself.
pub(super) fn documentation(model: &Model, text: &str) -> TokenStream {
    let text = format!(" {text}");
    let hidden = model.attributes.hidden.then(|| quote!(#[doc(hidden)]));
    quote!(#[doc = #text] #hidden)
}

/// Everything in which the companions differ.
struct Companion<'a> {
    name: &'a Ident,
    doc: &'a str,
    inputs: Inputs,
    extra: Option<TokenStream>,
    output: TokenStream,
    /// The call on the cache, from its method on.
    action: TokenStream,
}

impl Companion<'_> {
    fn expand(self, model: &Model) -> TokenStream {
        let Self { name, doc, extra, output, action, .. } = self;
        let mut params = inputs(model, self.inputs);
        params.extend(extra);
        let (_, encode) = key::binding(model);
        let cache = call(model, &quote!(Self), &model.names.cache);
        let header = header(model, doc);
        let (generics, bounds) = (&model.function.sig.generics, &model.function.sig.generics.where_clause);
        quote! {
            #header async fn #name #generics(#(#params),*) #output #bounds {
                #encode
                #cache().#action.await
            }
        }
    }
}

fn peek(model: &Model) -> TokenStream {
    let (key, value) = (key(), value(model));
    let companion = Companion {
        name: &model.names.peek,
        doc: "The stored answer for these arguments while it is fresh. Never runs the function.",
        inputs: Inputs::Keyed,
        extra: None,
        output: quote!(-> ::core::option::Option<#value>),
        action: quote!(peek(&#key)),
    };
    companion.expand(model)
}

fn refresh(model: &Model) -> TokenStream {
    let (key, run) = (key(), run(model, &quote!(Self)));
    let companion = Companion {
        name: &model.names.refresh,
        doc: "Runs the function now, whatever is stored, and stores its answer.",
        inputs: Inputs::All,
        extra: None,
        output: model.function.sig.output.to_token_stream(),
        action: quote!(refresh(&#key, #run)),
    };
    companion.expand(model)
}

fn put(model: &Model) -> TokenStream {
    let (key, stored, value) = (key(), hygienic("value"), value(model));
    let companion = Companion {
        name: &model.names.put,
        doc: "Stores `value` as the answer for these arguments, without running the function.",
        inputs: Inputs::Keyed,
        extra: Some(quote!(#stored: #value)),
        output: TokenStream::new(),
        action: quote!(put(&#key, #stored)),
    };
    companion.expand(model)
}

fn invalidate(model: &Model) -> TokenStream {
    let (key, krate) = (key(), &model.krate);
    let companion = Companion {
        name: &model.names.invalidate,
        doc: "Makes the stored answer for these arguments unreadable, and says how far that has reached.",
        inputs: Inputs::Keyed,
        extra: None,
        output: quote!(-> #krate::__private::Invalidation),
        action: quote!(invalidate(&#key)),
    };
    companion.expand(model)
}

/// Takes the generics as the others do: they are how the cache finds its types.
fn handle(model: &Model) -> TokenStream {
    let (name, krate) = (&model.names.handle, &model.krate);
    let cache = call(model, &quote!(Self), &model.names.cache);
    let header = header(model, "The cache itself: its name, policy and statistics, and `clear`.");
    let (generics, bounds) = (&model.function.sig.generics, &model.function.sig.generics.where_clause);
    quote! {
        #header fn #name #generics() -> #krate::__private::CacheHandle #bounds {
            #cache().handle()
        }
    }
}

/// What stands before `async fn`.
fn header(model: &Model, doc: &str) -> TokenStream {
    let doc = documentation(model, doc);
    let vis = &model.function.vis;
    let everywhere = model.attributes.everywhere.iter().filter(|_| model.function.associated);
    quote!(#(#everywhere)* #doc #vis)
}

/// What is stored: `Ok`'s value, or the whole answer.
fn value(model: &Model) -> TokenStream {
    let (krate, returns) = (&model.krate, model.function.returns());
    if model.fallible { quote!(<#returns as #krate::__private::IsResult>::Ok) } else { returns.to_token_stream() }
}

fn key() -> Ident {
    hygienic("__key")
}
