//! The function as it was written, with its body in a block of its own and the effect around it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};

use super::{args::Args, function::Function, kind::Effect, target::Target};
use crate::shared::{companion::Companion, item::Item, spans::placed, tokens::hygienic};

pub(super) fn expand(effect: Effect, args: &Args, function: &Function) -> TokenStream {
    let Item { attrs, vis, sig, .. } = &function.item;
    let entries: Vec<_> = args
        .targets
        .iter()
        .enumerate()
        .map(|(place, target)| Entry::new(place, target, args, function))
        .collect();
    let early = entries.iter().filter(|entry| entry.target.result.is_none()).map(Entry::found);
    let body = body(function);
    let (first, then) = match effect {
        Effect::Put => (TokenStream::new(), puts(&entries, args, function)),
        Effect::Invalidate | Effect::Expire if args.before.is_some() => {
            (end_before(&targets(effect, &entries, args), args, function), TokenStream::new())
        }
        Effect::Invalidate | Effect::Expire => {
            let targets = targets(effect, &entries, args);
            (TokenStream::new(), end_after(&entries, &targets, args, function))
        }
    };
    let returned = returned();
    quote! {
        #(#attrs)*
        #vis #sig {
            #(#early)*
            #first
            let #returned = #body;
            #then
            #returned
        }
    }
}

/// A target, and the name of its entry in the expansion.
struct Entry<'a> {
    target: &'a Target,
    name: Ident,
    /// The call that finds the entry.
    at: TokenStream,
}

impl<'a> Entry<'a> {
    fn new(place: usize, target: &'a Target, args: &Args, function: &Function) -> Self {
        let name = format_ident!("__entry{place}", span = Span::mixed_site());
        Self { target, name, at: target.at(function, &args.krate) }
    }

    /// Emits the statement that finds the entry before the body takes the arguments.
    fn found(&self) -> TokenStream {
        let Self { name, at, .. } = self;
        quote!(let #name = #at;)
    }

    /// Emits the entry, once the function has returned.
    fn value(&self) -> TokenStream {
        if self.target.result.is_some() { self.at.clone() } else { self.name.to_token_stream() }
    }
}

fn returned() -> Ident {
    hygienic("__returned")
}

/// Emits the value of the body, which takes what it uses. `return` and `?` in it need to know its
/// type from the start.
fn body(function: &Function) -> TokenStream {
    let body = function.item.body.stream();
    let returned = returned();
    let known = function.returns().map(|returns| {
        quote! {
            if let ::core::option::Option::Some(#returned) = ::core::option::Option::None::<#returns> {
                return #returned;
            }
        }
    });
    let span = function.item.body.span();
    let run = quote_spanned! {span=>
        {
            #known
            #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::let_and_return)]
            {
                #body
            }
        }
    };
    if function.is_async() {
        quote_spanned!(span=> async move #run.await)
    } else {
        quote_spanned!(span=> (move || #run)())
    }
}

/// Emits the list of all that is invalidated or expires.
fn targets(effect: Effect, entries: &[Entry<'_>], args: &Args) -> TokenStream {
    let softly = (effect == Effect::Expire).then(|| quote!(.expiring()));
    let keys = entries.iter().map(|entry| {
        let value = entry.value();
        quote!(#value.target()#softly)
    });
    let all = args.all.iter().map(|place| {
        let cache = place.companion(Companion::Cache);
        quote!(#cache().target()#softly)
    });
    quote!([#(#keys,)* #(#all),*])
}

fn end_before(targets: &TokenStream, args: &Args, function: &Function) -> TokenStream {
    let end = end_all(targets, args, function);
    quote!(#end;)
}

/// Emits the call that applies `targets`, and waits for its end.
fn end_all(targets: &TokenStream, args: &Args, function: &Function) -> TokenStream {
    let krate = &args.krate;
    if function.is_async() {
        quote!(#krate::__private::invalidate_all(#targets).await)
    } else {
        quote!(#krate::__private::invalidate_all_now(#targets))
    }
}

fn end_after(
    entries: &[Entry<'_>],
    targets: &TokenStream,
    args: &Args,
    function: &Function,
) -> TokenStream {
    let result = result(entries.iter().map(|entry| entry.target));
    let targets = if_it_succeeded(&result, targets, args, function);
    let known = hygienic("__targets");
    let end = end_all(&known.to_token_stream(), args, function);
    quote! {
        if let ::core::option::Option::Some(#known) = #targets {
            #end;
        }
    }
}

fn puts(entries: &[Entry<'_>], args: &Args, function: &Function) -> TokenStream {
    entries.iter().map(|entry| put(entry, args, function)).collect()
}

fn put(entry: &Entry<'_>, args: &Args, function: &Function) -> TokenStream {
    let at = entry.value();
    let result = result([entry.target].into_iter());
    let value = Ident::new("__value", Span::mixed_site().located_at(entry.target.span()));
    let (put, wait) = if function.is_async() {
        (quote!(put), quote!(.await))
    } else {
        (quote!(put_now), TokenStream::new())
    };
    let put = quote! {
        {
            let #value = ::core::clone::Clone::clone(#result);
            #at.#put(#value)
        }
    };
    let put = if_it_succeeded(&result, &put, args, function);
    let known = hygienic("__put");
    quote! {
        if let ::core::option::Option::Some(#known) = #put {
            #known #wait;
        }
    }
}

/// Returns the name of the returned value: the user's own word where a target has it.
fn result<'a>(mut targets: impl Iterator<Item = &'a Target>) -> Ident {
    let word = targets.find_map(|target| target.result.clone());
    word.unwrap_or_else(|| hygienic("__result"))
}

/// Emits `Some(then)` if there is a value, which `then` may call `result`. It borrows nothing,
/// because it is used across an await.
fn if_it_succeeded(
    result: &Ident,
    then: &TokenStream,
    args: &Args,
    function: &Function,
) -> TokenStream {
    let value = value(args, function);
    let used = then.clone().into_iter().any(|token| mentions(&token, result));
    let param = if used { quote!(#result) } else { quote!(_) };
    quote!(#value.map(|#param| #then))
}

fn mentions(token: &TokenTree, word: &Ident) -> bool {
    match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => group.stream().into_iter().any(|token| mentions(&token, word)),
        _ => false,
    }
}

/// Emits the returned value, if it is a success.
fn value(args: &Args, function: &Function) -> TokenStream {
    let krate = &args.krate;
    let returned = returned();
    let Some(returns) = function.returns() else {
        return quote!(::core::option::Option::Some(&#returned));
    };
    let span = function.returns_shown();
    let krate = placed(krate, span);
    if function.fallible() {
        return quote_spanned!(span=> <#returns as #krate::__private::IsResult>::as_value(&#returned));
    }
    let tag = hygienic("__tag");
    quote_spanned! {span=>
        ::core::option::Option::Some({
            use #krate::__private::PlainReturn as _;
            let #tag = &#krate::__private::Tag::<#returns>::new();
            #tag.plain();
            &#returned
        })
    }
}
