//! The tokens. Every decision is in the model, so nothing here can fail.
//!
//! Emitted code names `::core` and `__private` of the facade and nothing else, and its own locals
//! are hygienic: a parameter may have any name.

mod batch;
mod body;
mod companions;
mod entry;
mod key;
mod signature;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use self::signature::{Inputs, allow_lints, inputs, run, run_owned};
use super::model::Model;

/// The parts that are emitted for a function.
pub(super) struct Pieces {
    /// The function that the user calls.
    pub(super) wrapper: TokenStream,
    /// Its companions, and the body: functions of an inherent impl.
    pub(super) beside: TokenStream,
}

pub(super) fn pieces(model: &Model) -> Pieces {
    let body = body::function(model);
    let companions = companions::all(model);
    let site = entry::site_function(model);
    let at = entry::at_function(model);
    Pieces { wrapper: wrapper(model), beside: quote!(#(#companions)* #site #at #body) }
}

/// Emits the function that the user calls, its companions, and the body.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Pieces { wrapper, beside } = pieces(model);
    if model.function.associated {
        return quote!(#wrapper #beside);
    }
    let everywhere = &model.attributes.everywhere;
    let ident = model.companion_type();
    let vis = &model.function.companion_vis;
    let doc = companions::about(model);
    // Nobody calls all companions, which the compiler would say where a macro of the user's writes
    // the function.
    let allowed = allow_lints(model, &quote!(dead_code,));
    quote! {
        #wrapper

        #(#everywhere)*
        #doc
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types)]
        #vis struct #ident {}

        #(#everywhere)*
        #allowed
        impl #ident {
            #beside
        }
    }
}

fn wrapper(model: &Model) -> TokenStream {
    let sig = &model.written().sig;
    let syn::Signature { asyncness, fn_token, ident, generics, output, .. } = sig;
    let bounds = &generics.where_clause;
    let everywhere = &model.attributes.everywhere;
    let attrs = &model.attributes.wrapper;
    let vis = &model.function.item.vis;
    let home = if model.function.associated {
        quote!(Self)
    } else {
        model.companion_type().to_token_stream()
    };
    let inputs = inputs(model, Inputs::All);
    if let Some(list) = &model.batch {
        let call = batch::call(model, list, &home);
        return quote! {
            #(#everywhere)*
            #(#attrs)*
            #vis #asyncness #fn_token #ident #generics(#(#inputs),*) #output #bounds {
                #call
            }
        };
    }
    let place = key::place(model.returns_shown);
    let made = entry::made_apart(model, &home);
    let tagged = model.is_tagged().then(|| {
        let at = key::given(model, &home);
        quote!(, #at)
    });
    let call = match model.function.is_async() {
        true if model.detached => quote!(call_detached),
        true => quote!(call),
        false => quote!(call_now),
    };
    let run = if model.detached { run_owned(model, &home) } else { run(model, &home) };
    let krate = &model.krate;
    quote! {
        #(#everywhere)*
        #(#attrs)*
        #vis #asyncness #fn_token #ident #generics(#(#inputs),*) #output #bounds {
            #krate::__private::#call!(|#place| { #made } #tagged => #run)
        }
    }
}
