//! The call of a function that is cached for each item of a list.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{ReceiverKind, Type};

use super::{
    super::{
        batch::{Batch, List, Returned},
        model::{Model, generics::arguments, input::Input},
    },
    key,
    signature::call as path_of,
};
use crate::shared::{companion::Companion, spans::placed, tokens::hygienic};

/// Emits the call for all items of the list.
pub(super) fn call(model: &Model, list: &Batch, home: &TokenStream) -> TokenStream {
    let span = model.returns_shown;
    let krate = &model.krate;
    let facade = placed(krate, span);
    let name = &model.params[list.place].name;
    let items = if list.list == List::Vec { quote!(&#name) } else { name.to_token_stream() };
    let key = if model.is_tagged() { Companion::Key } else { Companion::At };
    let at = of_item(model, list, &key::given_to(model, home, key));
    let tagged = model.is_tagged().then(|| {
        let tagged = of_item(model, list, &key::given(model, home));
        quote!(.tagged(#tagged))
    });
    let by_place = placed(quote!(by_place), span);
    let by_place = matches!(list.returned, Returned::ByPlace { fallible: true })
        .then(|| quote_spanned!(span=> .#by_place()));
    let max = list.max.map(|max| quote!(.max(#max)));
    let parallel = list.parallel.map(|parallel| quote!(.parallel(#parallel)));
    let key_of = key_of(model, list);
    let call = placed(if model.detached { quote!(call_detached) } else { quote!(call) }, span);
    let arguments = if model.detached {
        let own = own(model, list);
        let key_of_owned = key_of_owned(model, list);
        let run = run_owned(model, list, home);
        quote!(#key_of, #own, #key_of_owned, #run)
    } else {
        let run = run(model, list, home);
        quote!(#key_of, #run)
    };
    let batch = quote_spanned!(span=> #facade::__private::Batch::of);
    quote! {
        #batch(#items, #at) #tagged #by_place #max #parallel .#call(#arguments).await
    }
}

/// Emits a closure over an item, which has the name of the list.
fn of_item(model: &Model, list: &Batch, value: &TokenStream) -> TokenStream {
    let name = &model.params[list.place].name;
    let item = &list.item;
    quote!(|#name: &#item| #value)
}

/// Emits a closure that returns the key of an item's value.
fn key_of(model: &Model, list: &Batch) -> TokenStream {
    let krate = &model.krate;
    let span = model.returns_shown;
    let Batch { item, .. } = list;
    let name = hygienic("item");
    match (list.returned, list.list) {
        (Returned::ByPlace { .. }, _) => quote!(|_| ()),
        (Returned::ByKey, List::OfReferences) => {
            quote_spanned!(span=> |#name: &#item| #krate::__private::ToOwned::to_owned(*#name))
        }
        (Returned::ByKey, _) => {
            quote_spanned!(span=> |#name: &#item| ::core::clone::Clone::clone(#name))
        }
    }
}

/// Emits a closure that returns an item in the ownership of a task.
fn own(model: &Model, list: &Batch) -> TokenStream {
    let krate = &model.krate;
    let item = &list.item;
    let name = hygienic("item");
    if list.list == List::OfReferences {
        quote!(|#name: &#item| #krate::__private::ToOwned::to_owned(*#name))
    } else {
        quote!(|#name: &#item| ::core::clone::Clone::clone(#name))
    }
}

/// Emits a closure that returns the key of the value of such an item.
fn key_of_owned(model: &Model, list: &Batch) -> TokenStream {
    let span = model.returns_shown;
    match list.returned {
        Returned::ByPlace { .. } => quote!(|_| ()),
        Returned::ByKey => {
            let name = hygienic("item");
            quote_spanned!(span=> |#name: &_| ::core::clone::Clone::clone(#name))
        }
    }
}

/// Emits a closure that makes the body's future with every input in its ownership: what was
/// borrowed is cloned.
fn run_owned(model: &Model, list: &Batch, home: &TokenStream) -> TokenStream {
    let generics = arguments(&model.written().sig.generics);
    let body = path_of(home, &model.name_of(Companion::Body), &generics);
    let krate = &model.krate;
    let items = hygienic("items");
    let cloned = |name: &TokenStream| quote!(let #name = ::core::clone::Clone::clone(&#name););
    let owned = |name: &TokenStream, value: &TokenStream| quote!(let #name = #krate::__private::ToOwned::to_owned(#value););
    let this = hygienic("__this").to_token_stream();
    let receiver = model.receiver.as_ref().map(|receiver| {
        let word = receiver.declared.self_token.to_token_stream();
        if matches!(receiver.declared.kind, ReceiverKind::Reference(..)) {
            (owned(&this, &word), cloned(&this), quote!(&#this))
        } else {
            let taken = quote!(let #this = ::core::clone::Clone::clone(&#word););
            (taken, cloned(&this), this.clone())
        }
    });
    let params = model.params.iter().enumerate().map(|(place, Input { name, ty, .. })| {
        let none = TokenStream::new;
        let name = name.to_token_stream();
        if place == list.place {
            let given = match list.list {
                List::Slice => quote!(&#items),
                List::Vec => items.to_token_stream(),
                List::OfReferences => quote!(&#krate::__private::references(&#items)),
            };
            return (none(), none(), given);
        }
        match ty {
            Type::Reference(_) => (owned(&name, &name), cloned(&name), quote!(&#name)),
            _ => (cloned(&name), cloned(&name), name),
        }
    });
    let mut before = TokenStream::new();
    let mut each = TokenStream::new();
    let mut arguments = vec![];
    for (first, again, argument) in receiver.into_iter().chain(params) {
        before.extend(first);
        each.extend(again);
        arguments.push(argument);
    }
    quote!({ #before move |#items| { #each async move { #body(#(#arguments),*).await } } })
}

/// Emits a closure that makes the body's future for some of the items. What is given by value is
/// cloned, because the function may run more than once.
fn run(model: &Model, list: &Batch, home: &TokenStream) -> TokenStream {
    let generics = arguments(&model.written().sig.generics);
    let body = path_of(home, &model.name_of(Companion::Body), &generics);
    let items = hygienic("items");
    let cloned = |name: &TokenStream| quote!(let #name = ::core::clone::Clone::clone(&#name););
    let this = hygienic("__this");
    let receiver = model.receiver.as_ref().map(|receiver| {
        let word = receiver.declared.self_token.to_token_stream();
        if matches!(receiver.declared.kind, ReceiverKind::Reference(..)) {
            (TokenStream::new(), word)
        } else {
            (quote!(let #this = ::core::clone::Clone::clone(&#word);), this.to_token_stream())
        }
    });
    let params = model.params.iter().enumerate().map(|(place, Input { name, ty, .. })| {
        let name = name.to_token_stream();
        match list.list {
            List::Vec if place == list.place => (TokenStream::new(), items.to_token_stream()),
            _ if place == list.place => (TokenStream::new(), quote!(&#items)),
            _ if matches!(ty, Type::Reference(_)) => (TokenStream::new(), name),
            _ => (cloned(&name), name),
        }
    });
    let (owned, arguments): (Vec<_>, Vec<_>) = receiver.into_iter().chain(params).unzip();
    quote!(|#items| { #(#owned)* async move { #body(#(#arguments),*).await } })
}
