//! The entry of a call, with the function's types, and the descriptor of the call site.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, Type, TypePath, spanned::Spanned as _};

use super::{
    super::model::{
        CacheOf, Model,
        tag::{TagCall, TagsOfResult},
    },
    key,
    signature::allow_unused,
};
use crate::shared::{
    companion::Companion,
    spans::{placed, shown_at},
    tokens::hygienic,
};

/// Emits `__at`, which returns the entry of a call, with its tags. The companions and targets
/// elsewhere call it.
pub(super) fn at_function(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let kind = match (model.fallible, model.is_tagged()) {
        (true, false) => quote!(At),
        (false, false) => quote!(Plain),
        (true, true) => quote!(TaggedAt),
        (false, true) => quote!(TaggedPlain),
    };
    let made = made(model, &quote!(Self), KeyOf::TheEntry);
    let tagged = model.is_tagged().then(|| {
        let tags = model.tags.iter().map(TagCall::expand);
        let of_result = model.tags_of_result.as_ref().map(|tags| of_result(krate, tags));
        quote!(.tagged([#(#tags),*]) #of_result)
    });
    function(model, &kind, &key::declared(model), &quote!(#made #tagged))
}

/// Emits the statements that make the entry of a call where the function's parameters are, with the
/// key in a place of the caller's.
pub(super) fn made_apart(model: &Model, home: &TokenStream) -> TokenStream {
    let borrowed = key::borrowed(model);
    let made = made(model, home, KeyOf::TheCaller);
    quote!(#borrowed #made)
}

/// The owner of the key of an entry.
#[derive(Clone, Copy, PartialEq)]
enum KeyOf {
    /// The entry itself.
    TheEntry,
    /// The caller, in a place of its own.
    TheCaller,
}

/// Emits the statements that make the entry of a call, without its tags. `home` has the function's
/// companions.
fn made(model: &Model, home: &TokenStream, of: KeyOf) -> TokenStream {
    let krate = &model.krate;
    let helpers = if model.fallible {
        quote!({NoEquality as _, OwnError as _, SharedError as _})
    } else {
        quote!({NoEquality as _, PlainReturn as _})
    };
    let typed = typed(model, home, of);
    let known = known(model);
    quote! {
        #known
        use #krate::__private::#helpers;
        #typed
    }
}

/// Emits the call that adds the tags over the result.
fn of_result(krate: &Path, tags: &TagsOfResult) -> TokenStream {
    let TagsOfResult { word, optional, calls } = tags;
    let sites = calls.iter().map(|call| {
        let declared = call.declared();
        let span = shown_at(declared.span());
        let site = placed(quote!(#krate::__private::IsTag::site), span);
        quote_spanned!(span=> #site(&#declared))
    });
    let named = calls.iter().map(TagCall::expand);
    let named = quote!([#(#named),*]);
    let returned = hygienic("__returned");
    let of = if *optional {
        quote! {
            |#returned| ::core::option::Option::map(
                ::core::option::Option::as_ref(#returned),
                |#word| #named,
            )
        }
    } else {
        quote!(|#word| ::core::option::Option::Some(#named))
    };
    quote!(.over_result([#(#sites),*], #of))
}

/// Emits the function that returns the entry of a call, as the type `kind`.
fn function(
    model: &Model,
    kind: &TokenStream,
    params: &[TokenStream],
    body: &TokenStream,
) -> TokenStream {
    let Model { krate, returns, returns_shown: span, .. } = model;
    let span = *span;
    let name = model.name_of(Companion::At);
    let vis = &model.function.companion_vis;
    let everywhere = model.on_each_item();
    let generics = &model.taken.generics;
    let bounds = &generics.where_clause;
    let unused = allow_unused(generics);
    let facade = placed(krate, span);
    let shown = quote_spanned!(span=> #facade::__private::#kind<#returns>);
    let held_back = model.stand_in.then(|| quote!(#[allow(unused_variables)]));
    let allowed = key::allow_references(model);
    quote! {
        #(#everywhere)*
        #[doc(hidden)]
        #unused
        #held_back
        #allowed
        #vis fn #name #generics(#(#params),*) -> #shown #bounds {
            #body
        }
    }
}

/// Emits `__site`, which returns the descriptor. It is generic over nothing: with whatever types a
/// function is called, it is one site.
///
/// A declared cache has its own.
pub(super) fn site_function(model: &Model) -> Option<TokenStream> {
    let CacheOf::Own(site) = &model.cache else { return None };
    let krate = &model.krate;
    let name = model.name_of(Companion::Site);
    let everywhere = model.on_each_item();
    let site = site.reference(krate, &site.policy(krate));
    Some(quote! {
        #(#everywhere)*
        fn #name() -> &'static #krate::__private::Site {
            #site
        }
    })
}

/// Emits a check of a return type that could be a parameter of the impl, or a projection of one.
///
/// Those cannot be seen from the function, and one may be a `Result` or not. An inner item may name
/// every type but them.
fn known(model: &Model) -> Option<TokenStream> {
    let returns = &model.returns;
    let Type::Path(TypePath { path, .. }) = returns else { return None };
    let bare =
        path.segments.iter().all(|segment| segment.arguments.is_none() && segment.ident != "Self");
    (model.function.associated && bare).then(|| {
        quote_spanned! {model.returns_shown=>
            const _: ::core::marker::PhantomData<fn() -> #returns> = ::core::marker::PhantomData;
        }
    })
}

/// Emits the entry. The bounds on the value stand on its last call alone: a wrong type is one
/// error, shown at the return type.
fn typed(model: &Model, home: &TokenStream, of: KeyOf) -> TokenStream {
    let Model { krate, returns, returns_shown: span, .. } = model;
    let span = *span;
    let shape = placed(if model.fallible { quote!(fallible) } else { quote!(plain) }, span);
    let unfinished = match (model.ends_loads, model.refuses_loads) {
        (true, true) => Some(quote!(ending_and_refusing_loads)),
        (true, false) => Some(quote!(ending_loads)),
        (false, true) => Some(quote!(refusing_loads)),
        (false, false) => None,
    };
    let unfinished = unfinished.map(|call| placed(call, span));
    let unfinished = unfinished.map(|call| quote_spanned!(span=> .#call()));
    let mut tag = hygienic("__tag");
    tag.set_span(tag.span().located_at(span));
    let key = made_key(model, &tag, of);
    let source = source(model, home, of);
    let equality = equality(model);
    let decide = decide(model);
    let errors = errors(model);
    quote_spanned! {span=>
        let #tag = &#krate::__private::Tag::<#returns>::new();
        #key
        #equality
        #tag.#shape() #errors #unfinished .#source #decide
    }
}

/// Emits the equality of the value's type. A declared cache has its own, and values in memory need
/// none.
fn equality(model: &Model) -> Option<TokenStream> {
    let Model { krate, returns, returns_shown: span, .. } = model;
    let CacheOf::Own(site) = &model.cache else { return None };
    let of = placed(if model.fallible { quote!(Oks) } else { quote!(EqualityOf) }, *span);
    let facade = placed(krate, *span);
    let equal = equal(*span);
    let found = quote_spanned!(*span=> let #equal = #facade::__private::#of::<#returns>::EQ;);
    (!site.local).then_some(found)
}

fn equal(span: Span) -> Ident {
    let mut equal = hygienic("__eq");
    equal.set_span(equal.span().located_at(span));
    equal
}

/// Emits the call that gives the key the rules that decide over its values. A declared cache has
/// its own.
fn decide(model: &Model) -> Option<TokenStream> {
    let CacheOf::Own(site) = &model.cache else { return None };
    site.deciding.call(&model.krate, model.returns_shown)
}

/// Emits the calls that say how errors are shared, or check that they can be kept, and what loads
/// that fail cost.
fn errors(model: &Model) -> TokenStream {
    let shared = shared_errors(model);
    let cost = model.errors.cost.as_ref().map(|closure| {
        let span = shown_at(closure.span());
        let call = placed(quote!(failed_cost), span);
        quote_spanned!(span=> .#call(#closure))
    });
    quote!(#shared #cost)
}

/// Emits the call that says how errors are shared, or checks that they can be kept.
fn shared_errors(model: &Model) -> Option<TokenStream> {
    let krate = &model.krate;
    let Some(make) = &model.errors.share else {
        let keep = placed(quote!(keep_err), model.returns_shown);
        return model.errors.are_kept.then(|| quote_spanned!(model.returns_shown=> .#keep()));
    };
    let span = shown_at(make.span());
    let share = placed(quote!(share_err), span);
    let another = placed(quote!(#krate::__private::made), span);
    let error = hygienic("error");
    Some(quote_spanned!(span=> .#share(|#error| #another(#error, #make))))
}

/// Emits the statement that makes the key. A declared cache makes its own.
fn made_key(model: &Model, tag: &Ident, of: KeyOf) -> Option<TokenStream> {
    let CacheOf::Own(_) = &model.cache else { return None };
    let krate = &model.krate;
    let key = key::word(model.returns_shown);
    let parts = key::parts(model, tag);
    let place = key::place(model.returns_shown);
    Some(match of {
        KeyOf::TheEntry => quote!(let #key = #krate::__private::KeyInPlace::of(#parts);),
        KeyOf::TheCaller => quote!(let #key = #place.complete(#parts);),
    })
}

/// Emits the call that names the cache and the key in it.
fn source(model: &Model, home: &TokenStream, of: KeyOf) -> TokenStream {
    let span = model.returns_shown;
    match &model.cache {
        CacheOf::Declared(declared) => {
            let parts = &model.parts;
            let method = placed(quote!(declared), span);
            let kept = placed(quote!(kept), span);
            let place = key::place(span);
            let apart = (of == KeyOf::TheCaller).then(|| quote!(.apart(#place)));
            quote!(#method(#declared::__at(#(#parts),*)).#kept() #apart)
        }
        CacheOf::Own(own) => {
            let bound = placed(if own.local { quote!(local) } else { quote!(at) }, span);
            let site = model.name_of(Companion::Site);
            let equal = (!own.local).then(|| equal(span)).into_iter();
            let key = key::word(span);
            quote!(#bound(#home::#site(), #(#equal,)* #key))
        }
    }
}
