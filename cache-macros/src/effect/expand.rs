//! The function as it was written, with its body in a block of its own and the effect around it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};

use super::{Effect, args::Args, function::Function, target::Target};
use crate::spans::placed;

pub(super) fn expand(effect: Effect, args: &Args, function: &Function) -> TokenStream {
    let Function { attrs, vis, sig, .. } = function;
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
        Effect::Invalidate if args.before.is_some() => {
            (invalidate_before(&entries, args), TokenStream::new())
        }
        Effect::Invalidate => (TokenStream::new(), invalidate_after(&entries, args, function)),
    };
    let returned = returned();
    quote! {
        #(#attrs)*
        #vis #sig {
            #(#early)*
            #first
            let #returned = #body.await;
            #then
            #returned
        }
    }
}

/// A target in the expansion.
struct Entry<'a> {
    target: &'a Target,
    name: Ident,
    /// The call that finds it.
    at: TokenStream,
}

impl<'a> Entry<'a> {
    fn new(place: usize, target: &'a Target, args: &Args, function: &Function) -> Self {
        let name = format_ident!("__entry{place}", span = Span::mixed_site());
        Self { target, name, at: target.at(function, &args.krate) }
    }

    /// The statement that finds it before the body takes the arguments.
    fn found(&self) -> TokenStream {
        let Self { name, at, .. } = self;
        quote!(let #name = #at;)
    }

    /// It, once the function has returned.
    fn value(&self) -> TokenStream {
        if self.target.result.is_some() { self.at.clone() } else { self.name.to_token_stream() }
    }
}

fn returned() -> Ident {
    Ident::new("__returned", Span::mixed_site())
}

/// A future of the body, which takes what it uses. `return` and `?` in it need to know its type from the start.
fn body(function: &Function) -> TokenStream {
    let (body, returned) = (function.body.stream(), returned());
    let known = function.returns().map(|returns| {
        quote! {
            if let ::core::option::Option::Some(#returned) = ::core::option::Option::None::<#returns> {
                return #returned;
            }
        }
    });
    let span = function.body.span();
    quote_spanned! {span=>
        async move {
            #known
            #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::let_and_return)]
            {
                #body
            }
        }
    }
}

/// All that is to be made unreadable.
fn targets(entries: &[Entry<'_>], args: &Args) -> TokenStream {
    let krate = &args.krate;
    let keys = entries.iter().map(|entry| {
        let value = entry.value();
        quote!(#value.target())
    });
    let all = args.all.iter().map(|place| {
        let cache = place.cache();
        quote!(#krate::__private::Target::All(#cache()))
    });
    quote!([#(#keys,)* #(#all),*])
}

fn invalidate_before(entries: &[Entry<'_>], args: &Args) -> TokenStream {
    let (krate, targets) = (&args.krate, targets(entries, args));
    quote!(#krate::__private::invalidate_all(#targets).await;)
}

fn invalidate_after(entries: &[Entry<'_>], args: &Args, function: &Function) -> TokenStream {
    let krate = &args.krate;
    let result = result(entries.iter().map(|entry| entry.target));
    let targets = if_it_succeeded(&result, &targets(entries, args), args, function);
    let known = Ident::new("__targets", Span::mixed_site());
    quote! {
        if let ::core::option::Option::Some(#known) = #targets {
            #krate::__private::invalidate_all(#known).await;
        }
    }
}

fn puts(entries: &[Entry<'_>], args: &Args, function: &Function) -> TokenStream {
    entries.iter().map(|entry| put(entry, args, function)).collect()
}

fn put(entry: &Entry<'_>, args: &Args, function: &Function) -> TokenStream {
    let (at, result) = (entry.value(), result([entry.target].into_iter()));
    let value = Ident::new("__value", Span::mixed_site().located_at(entry.target.span()));
    let put = quote! {
        {
            let #value = ::core::clone::Clone::clone(#result);
            #at.put(#value)
        }
    };
    let put = if_it_succeeded(&result, &put, args, function);
    let known = Ident::new("__put", Span::mixed_site());
    quote! {
        if let ::core::option::Option::Some(#known) = #put {
            #known.await;
        }
    }
}

/// What the value is called: by the user's own word where a target is about it.
fn result<'a>(mut targets: impl Iterator<Item = &'a Target>) -> Ident {
    let word = targets.find_map(|target| target.result.clone());
    word.unwrap_or_else(|| Ident::new("__result", Span::mixed_site()))
}

/// `Some(then)` if there is a value, which `then` may call `result`. What `then` makes borrows nothing: it is used across an await.
fn if_it_succeeded(result: &Ident, then: &TokenStream, args: &Args, function: &Function) -> TokenStream {
    let (value, result) = (value(args, function), result);
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

/// The value that was returned, if it is a success.
fn value(args: &Args, function: &Function) -> TokenStream {
    let (krate, returned) = (&args.krate, returned());
    let Some(returns) = function.returns() else {
        return quote!(::core::option::Option::Some(&#returned));
    };
    let span = function.returns_shown();
    let krate = placed(krate, span);
    if function.fallible() {
        return quote_spanned!(span=> <#returns as #krate::__private::IsResult>::as_value(&#returned));
    }
    let tag = Ident::new("__tag", Span::mixed_site());
    quote_spanned! {span=>
        ::core::option::Option::Some({
            use #krate::__private::PlainReturn as _;
            let #tag = &#krate::__private::Tag::<#returns>::new();
            #tag.plain();
            &#returned
        })
    }
}
