//! The call of a function that is cached for each item of a list.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Path, ReceiverKind, Type};

use super::{
    super::{
        batch::{Batch, List, Returned},
        model::{Model, generics::arguments, input::Input},
    },
    entry, key,
    signature::{call as path_of, owned},
};
use crate::shared::{
    companion::Companion,
    spans::{placed, shown_at, word_of},
    tokens::hygienic,
};

/// Emits the call for all items of the list.
///
/// It goes step by step, because the compiler shows an unmet bound at what a step is given: a list of
/// items without `Clone`, or a return type with the wrong error.
pub(super) fn call(model: &Model, list: &Batch, home: &TokenStream) -> TokenStream {
    let span = model.returns_shown;
    let shown = item_shown(list);
    let facade = placed(&model.krate, shown);
    let name = &model.params[list.place].name;
    let items = word("items", shown);
    let batch = word("batch", span);
    let borrowed = if list.list == List::Vec { quote!(&#name) } else { name.to_token_stream() };
    let krate = &model.krate;
    let place = key::place(span);
    let place = quote!(#place: &mut #krate::__private::KeyInPlace,);
    let at = of_item(model, list, &place, &entry::made_apart(model, home));
    let tagged = model.is_tagged().then(|| {
        let tagged = of_item(model, list, &TokenStream::new(), &key::given(model, home));
        quote!(.tagged(#tagged))
    });
    let by_place = placed(quote!(by_place), span);
    let by_place = matches!(list.returned, Returned::ByPlace { fallible: true })
        .then(|| quote_spanned!(span=> let #batch = #batch.#by_place();));
    let max = list.max.map(|max| quote!(.max(#max)));
    let parallel = list.parallel.map(|parallel| quote!(.parallel(#parallel)));
    let call = placed(if model.detached { quote!(call_detached) } else { quote!(call) }, span);
    let arguments = arguments_of_call(model, list, home);
    let of = quote_spanned!(shown=> #facade::__private::Batch::of);
    quote! {
        let #items = #borrowed;
        let #batch = #of(#items, #at) #tagged;
        #by_place
        #batch #max #parallel .#call(#arguments).await
    }
}

/// Emits the arguments of the call: how the values of items are found, and how the body runs.
fn arguments_of_call(model: &Model, list: &Batch, home: &TokenStream) -> TokenStream {
    let key_of = key_of(model, list);
    if !model.detached {
        let run = run(model, list, home);
        return quote!(#key_of, #run);
    }
    let own = own(model, list);
    let key_of_owned = key_of_owned(model, list);
    let run = run_owned(model, list, home);
    quote!(#key_of, #own, #key_of_owned, #run)
}

/// Returns a name that no other code can use, shown at `span`.
fn word(name: &str, span: Span) -> Ident {
    let mut word = hygienic(name);
    word.set_span(word.span().located_at(span));
    word
}

/// Emits a closure over an item, which has the name of the list, and over what comes before it.
fn of_item(model: &Model, list: &Batch, before: &TokenStream, value: &TokenStream) -> TokenStream {
    let name = &model.params[list.place].name;
    let item = &list.item;
    quote!(|#before #name: &#item| { #value })
}

/// Returns the place at which an item without `Clone` is shown.
fn item_shown(list: &Batch) -> Span {
    shown_at(word_of(&list.item))
}

/// Emits a copy of the item at the reference `item`.
fn copied(krate: &Path, list: &Batch) -> TokenStream {
    let shown = item_shown(list);
    let facade = placed(krate, shown);
    let name = word("item", shown);
    quote_spanned!(shown=> #facade::__private::BatchItem::copied(#name))
}

/// Emits a closure that returns the key of an item's value.
fn key_of(model: &Model, list: &Batch) -> TokenStream {
    by_item(model, list, &list.item.to_token_stream(), &in_ownership(model, list))
}

/// Emits a closure that returns the key of the value of an item in the ownership of a task.
fn key_of_owned(model: &Model, list: &Batch) -> TokenStream {
    by_item(model, list, &quote!(_), &copied(&model.krate, list))
}

/// Emits a closure over an item of the type `of`, which returns the key of its value: `owned` is the
/// item itself.
fn by_item(model: &Model, list: &Batch, of: &TokenStream, owned: &TokenStream) -> TokenStream {
    let span = model.returns_shown;
    let name = hygienic("item");
    match list.returned {
        Returned::ByPlace { .. } => quote!(|_| ()),
        Returned::ByKey => {
            let facade = placed(&model.krate, span);
            let key = quote_spanned!(span=> #facade::__private::ByItem::by_item);
            let item = word("owned", span);
            quote!(|#name: &#of| { let #item = #owned; #key(#item) })
        }
    }
}

/// Emits a closure that returns an item in the ownership of a task.
fn own(model: &Model, list: &Batch) -> TokenStream {
    let item = &list.item;
    let name = hygienic("item");
    let owned = in_ownership(model, list);
    quote!(|#name: &#item| #owned)
}

/// Emits the item that `item` refers to, in its ownership.
fn in_ownership(model: &Model, list: &Batch) -> TokenStream {
    let krate = &model.krate;
    if list.list == List::OfReferences {
        let name = hygienic("item");
        quote!(#krate::__private::ToOwned::to_owned(*#name))
    } else {
        copied(krate, list)
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
    // Once for all runs, and then once for each.
    let borrowed = |name: &Ident, value: &TokenStream, span| {
        let again = owned(model, name, &quote!(&#name), span);
        (owned(model, name, value, span), again, quote!(&#name))
    };
    let own = hygienic("__this");
    let this = own.to_token_stream();
    let receiver = model.receiver.as_ref().map(|receiver| {
        let word = receiver.declared.self_token.to_token_stream();
        if matches!(receiver.declared.kind, ReceiverKind::Reference(..)) {
            borrowed(&own, &word, receiver.declared.self_token.span)
        } else {
            let taken = quote!(let #this = ::core::clone::Clone::clone(&#word););
            (taken, cloned(&this), this.clone())
        }
    });
    let params = model.params.iter().enumerate().map(|(place, Input { name, ty, .. })| {
        let none = TokenStream::new;
        if place == list.place {
            let given = match list.list {
                List::Slice => quote!(&#items),
                List::Vec => items.to_token_stream(),
                List::OfReferences => quote!(&#krate::__private::references(&#items)),
            };
            return (none(), none(), given);
        }
        let value = name.to_token_stream();
        match ty {
            Type::Reference(_) => borrowed(name, &value, word_of(ty)),
            _ => (cloned(&value), cloned(&value), value),
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
