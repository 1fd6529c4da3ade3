//! The companions `peek`, `refresh`, `served`, `put`, `invalidate`, `expire`, `target` and `cache`:
//! each is one call on an entry.

mod many;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};

use super::{
    super::{
        model::{CacheOf, Model},
        validate::Companions,
    },
    key,
    signature::{Inputs, allow_lints, allow_unused, inputs, run, run_owned, value},
};
use crate::shared::{
    companion::Companion,
    spans::placed,
    tokens::{hygienic, written},
};

pub(super) fn all(model: &Model) -> Vec<TokenStream> {
    match model.companions {
        Companions::None => vec![],
        Companions::Named(_) => {
            let stored = [peek(model), put(model), invalidate(model), expire(model), target(model)];
            let run = || [refresh(model), served(model)];
            let run = model.batch.is_none().then(run);
            let many = model.batch.iter().flat_map(|list| many::all(model, list));
            let run = run.into_iter().flatten();
            stored.into_iter().chain(run).chain(many).chain([handle(model)]).collect()
        }
    }
}

/// Emits the documentation of the companion type.
pub(super) fn about(model: &Model) -> TokenStream {
    if matches!(model.companions, Companions::None) {
        return quote!(#[doc(hidden)]);
    }
    let ident = model.function.ident();
    let name = match &model.cache {
        CacheOf::Own(site) => site.name.clone(),
        CacheOf::Declared(path) => written(path),
    };
    let text = format!(
        "What can be done with the cache `{name}` of [`{ident}`](fn@{ident}) besides calling the \
         function."
    );
    documentation(model, &text)
}

/// Emits a doc comment, hidden where the function is.
fn documentation(model: &Model, text: &str) -> TokenStream {
    let text = format!(" {text}");
    let hidden = model.attributes.hidden.then(|| quote!(#[doc(hidden)]));
    quote!(#[doc = #text] #hidden)
}

/// A companion that does not run the body.
struct OnEntry<'a> {
    companion: Companion,
    doc: &'a str,
    extra: Option<TokenStream>,
    output: TokenStream,
    /// The method that is called on the entry, and its arguments.
    action: &'a str,
    arguments: TokenStream,
}

impl OnEntry<'_> {
    fn expand(self, model: &Model) -> TokenStream {
        let Self { companion, doc, extra, output, action, arguments } = self;
        let name = model.name_of(companion);
        let mut params = inputs(model, Inputs::Keyed);
        params.extend(extra);
        let at = key::given(model, &quote!(Self));
        let header = header(model, doc);
        let generics = &model.taken.generics;
        let bounds = &generics.where_clause;
        let unused = allow_unused(generics);
        let krate = &model.krate;
        let span = model.returns_shown;
        let (output, action) = if companion == Companion::Target {
            (output, Ident::new(action, span))
        } else if model.function.is_async() {
            // Not `async fn`: a state machine for each companion of each function would cost more
            // to compile than the function.
            let future = if matches!(companion, Companion::Invalidate | Companion::Expire) {
                quote!(#krate::__private::InvalidationFuture)
            } else {
                quote_spanned!(span=> ::core::future::Future<Output = #output>)
            };
            (quote_spanned!(span=> impl #future), Ident::new(action, span))
        } else {
            (output, format_ident!("{action}_now", span = span))
        };
        quote_spanned! {span=>
            #unused #header fn #name #generics(#(#params),*) -> #output #bounds {
                #at.#action(#arguments)
            }
        }
    }
}

fn peek(model: &Model) -> TokenStream {
    let value = value(model);
    let companion = OnEntry {
        companion: Companion::Peek,
        doc: "Returns the stored value for these arguments, fresh or stale. Never runs the function.",
        extra: None,
        output: quote_spanned!(model.returns_shown=> ::core::option::Option<#value>),
        action: "peek",
        arguments: TokenStream::new(),
    };
    companion.expand(model)
}

/// A companion that may run the body.
struct OnCall<'a> {
    companion: Companion,
    doc: &'a str,
    output: TokenStream,
    /// The macro that is called on the entry.
    action: &'a str,
}

impl OnCall<'_> {
    fn expand(self, model: &Model) -> TokenStream {
        let Self { companion, doc, output, action } = self;
        let syn::Signature { asyncness, generics, .. } = &model.function.item.sig;
        let bounds = &generics.where_clause;
        let name = model.name_of(companion);
        let params = inputs(model, Inputs::All);
        let home = quote!(Self);
        let at = key::given(model, &home);
        let call = call_on(model, &at, action);
        let header = header(model, doc);
        let unused = allow_unused(generics);
        quote! {
            #unused #header #asyncness fn #name #generics(#(#params),*) #output #bounds {
                #call
            }
        }
    }
}

/// Emits the call of `action` on the entry `at`, with the body as its argument. Its end is waited
/// for: the thread of a function that is not async is parked.
fn call_on(model: &Model, at: &TokenStream, action: &str) -> TokenStream {
    let krate = &model.krate;
    let home = quote!(Self);
    let is_detached = model.detached && action == "served";
    let run = if is_detached { run_owned(model, &home) } else { run(model, &home) };
    let action = match model.function.is_async() {
        true if is_detached => format_ident!("{action}_detached"),
        true => format_ident!("{action}"),
        false => format_ident!("{action}_now"),
    };
    quote!(#krate::__private::#action!(#at => #run))
}

fn refresh(model: &Model) -> TokenStream {
    let companion = OnCall {
        companion: Companion::Refresh,
        doc: "Runs the function now, whatever is stored, and stores its value.",
        output: model.function.item.sig.output.to_token_stream(),
        action: "refresh",
    };
    companion.expand(model)
}

fn served(model: &Model) -> TokenStream {
    let Model { returns, krate, returns_shown: span, .. } = model;
    let kind = if model.fallible { quote!(ServedResult) } else { quote!(Served) };
    let facade = placed(krate, *span);
    let companion = OnCall {
        companion: Companion::Served,
        doc: "Calls the function, and tells where its value came from.",
        output: quote_spanned!(*span=> -> #facade::__private::#kind<#returns>),
        action: "served",
    };
    companion.expand(model)
}

fn put(model: &Model) -> TokenStream {
    let taken = model.params.iter().any(|param| param.name == "value");
    let value = value(model);
    let mut stored = hygienic(if taken { "__value" } else { "value" });
    stored.set_span(stored.span().located_at(model.returns_shown));
    let companion = OnEntry {
        companion: Companion::Put,
        doc: "Stores `value` for these arguments without running the function.",
        extra: Some(quote_spanned!(model.returns_shown=> #stored: #value)),
        output: quote!(()),
        action: "put",
        arguments: stored.to_token_stream(),
    };
    companion.expand(model)
}

fn invalidate(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let companion = OnEntry {
        companion: Companion::Invalidate,
        doc: "Removes the value for these arguments and returns how far that has reached.",
        extra: None,
        output: quote!(#krate::__private::Invalidation),
        action: "invalidate",
        arguments: TokenStream::new(),
    };
    companion.expand(model)
}

fn expire(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let companion = OnEntry {
        companion: Companion::Expire,
        doc: "Lets the value for these arguments expire: then it serves only when a load fails.",
        extra: None,
        output: quote!(#krate::__private::Invalidation),
        action: "expire",
        arguments: TokenStream::new(),
    };
    companion.expand(model)
}

fn target(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let companion = OnEntry {
        companion: Companion::Target,
        doc: "Returns the invalidation of these arguments as a value, to be applied later.",
        extra: None,
        output: quote!(#krate::__private::Target),
        action: "target",
        arguments: TokenStream::new(),
    };
    companion.expand(model)
}

/// Emits `cache`. It is generic over nothing: it is one cache for all types.
fn handle(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let name = model.name_of(Companion::Cache);
    let site = model.name_of(Companion::Site);
    let cache = match &model.cache {
        CacheOf::Own(_) => quote!(#krate::__private::CacheHandle::of(Self::#site())),
        CacheOf::Declared(declared) => quote!(#declared::cache()),
    };
    let header =
        header(model, "Returns the cache itself: its name, policy and statistics, and `clear`.");
    quote! {
        #header fn #name() -> #krate::__private::CacheHandle {
            #cache
        }
    }
}

/// Emits the attributes, the documentation and the visibility of a companion.
fn header(model: &Model, doc: &str) -> TokenStream {
    let doc = documentation(model, doc);
    let vis = &model.function.companion_vis;
    let everywhere = model.on_each_item();
    let held_back = model.stand_in.then(|| quote!(#[allow(unused_variables)]));
    let many = model.function.associated && model.params.len() >= 6;
    let allowed = many.then(|| allow_lints(model, &TokenStream::new()));
    quote!(#held_back #allowed #(#everywhere)* #doc #vis)
}
