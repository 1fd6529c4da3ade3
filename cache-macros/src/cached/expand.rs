//! The tokens. Everything is decided when we come here, so nothing can fail.
//!
//! Emitted code names `::core` and `__private` of the facade and nothing else, and its own locals are hygienic: a
//! parameter may be called whatever the user likes.

mod companions;
mod key;
pub(crate) mod site;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};

use super::model::{Model, Site};

/// The function the user calls, its companions, and the body.
pub(super) fn expand(model: &Model) -> TokenStream {
    let wrapper = wrapper(model);
    let body = body(model);
    let companions = companions::all(model);
    let (site, at) = (site::site_function(model), site::at_function(model));
    if model.function.associated {
        return quote!(#wrapper #(#companions)* #site #at #body);
    }
    let everywhere = &model.attributes.everywhere;
    let ident = &model.function.sig.ident;
    let vis = &model.function.vis;
    let doc = companions::documentation(model, &companions::about(model));
    let leave = leave(model, &quote!(dead_code,));
    quote! {
        #wrapper

        #(#everywhere)*
        #doc
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types)]
        #vis struct #ident {}

        #(#everywhere)*
        #leave
        impl #ident {
            #(#companions)*
            #site
            #at
            #body
        }
    }
}

fn wrapper(model: &Model) -> TokenStream {
    let sig = &model.function.sig;
    let (everywhere, attrs) = (&model.attributes.everywhere, &model.attributes.wrapper);
    let (vis, asyncness, fn_token) = (&model.function.vis, &sig.asyncness, &sig.fn_token);
    let (ident, generics, output, bounds) =
        (&sig.ident, &sig.generics, &sig.output, &sig.generics.where_clause);
    let home = if model.function.associated { quote!(Self) } else { ident.to_token_stream() };
    let inputs = inputs(model, Inputs::All);
    let (at, find) = key::binding(model, &home);
    let run = run(model, &home);
    quote! {
        #(#everywhere)*
        #(#attrs)*
        #vis #asyncness #fn_token #ident #generics(#(#inputs),*) #output #bounds {
            #find
            #at.call(#run).await
        }
    }
}

/// The user's function under another name: what is wrong in it is shown where it is written.
fn body(model: &Model) -> TokenStream {
    let (everywhere, attrs) = (model.on_each_item(), &model.attributes.body);
    let mut sig = model.function.sig.clone();
    sig.ident = model.names.body.clone();
    let block = &model.function.body;
    let leave = model.function.associated.then(|| leave(model, &TokenStream::new()));
    quote!(#(#everywhere)* #leave #(#attrs)* #sig #block)
}

/// Leave for what is the affair of the user's function alone: how much it takes, and how long its types are. `more` is what a whole
/// impl needs: nobody calls all companions, which the compiler would say where a macro of the user's writes the function.
fn leave(model: &Model, more: &TokenStream) -> TokenStream {
    // `put` takes one more, and clippy asks no questions below eight.
    let many = model.params.len() >= 7 - usize::from(model.receiver.is_some());
    let many = many.then(|| quote!(clippy::too_many_arguments,));
    // `async` is what we ask for, so that no lint may ask for the opposite.
    quote!(#[allow(#more #many clippy::type_complexity, clippy::unused_async)])
}

/// Which of the function's inputs an item declares.
#[derive(Clone, Copy, PartialEq)]
enum Inputs {
    All,
    Keyed,
}

fn inputs(model: &Model, which: Inputs) -> Vec<TokenStream> {
    let wanted = |keyed: bool| which == Inputs::All || keyed;
    let receiver = model.receiver.iter().filter(|receiver| wanted(receiver.keyed));
    let params = model.params.iter().filter(|param| wanted(param.keyed));
    let param = |(name, ty): &(Ident, syn::Type)| quote!(#name: #ty);
    let receiver = receiver.map(|receiver| receiver.declared.to_token_stream());
    receiver.chain(params.map(|outer| param(&outer.declared))).collect()
}

/// The body's pinned future, with every input handed on.
fn run(model: &Model, home: &TokenStream) -> TokenStream {
    let body = call(model, home, &model.names.body);
    let receiver = model.receiver.iter().map(|receiver| receiver.declared.self_token.to_token_stream());
    let params = model.params.iter().map(|param| param.declared.0.to_token_stream());
    let arguments = receiver.chain(params);
    quote!(::core::pin::pin!(#body(#(#arguments),*)))
}

/// `home::name::<T, N>`: nothing in the arguments need tell the type parameters.
fn call(model: &Model, home: &TokenStream, name: &Ident) -> TokenStream {
    match model.function.generic_arguments().as_slice() {
        [] => quote!(#home::#name),
        arguments => quote!(#home::#name::<#(#arguments),*>),
    }
}

/// `<'a, T>`, with leave not to use all of them, or a lifetime once: a companion has the function's generics and fewer inputs.
fn generics(model: &Model) -> (TokenStream, TokenStream) {
    let generics = &model.function.sig.generics;
    let unused = (!generics.params.is_empty()).then(
        || quote!(#[allow(single_use_lifetimes, unused_lifetimes, clippy::extra_unused_type_parameters)]),
    );
    (unused.unwrap_or_default(), generics.to_token_stream())
}

/// A name that no parameter of the user's can clash with.
fn hygienic(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
