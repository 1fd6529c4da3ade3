//! The values of `max_bytes` and `weigh`: the bound of a cache's bytes, and the size of a value.

use cachery_syntax::parse_size;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Expr, Lit, Path, spanned::Spanned as _};

use super::{
    arguments::{Arg, Args},
    deciding::closure,
    errors::Errors,
    spans::placed,
    tokens::{hygienic, literal},
};

/// The bound of a cache's bytes, and the size of a value, as an attribute says them.
pub(crate) struct BytesArguments {
    max_bytes: Option<u64>,
    /// `true` where `max_bytes` is given, if only with a wrong value.
    is_bound: bool,
    weigh: Option<Box<Expr>>,
}

impl BytesArguments {
    /// Nothing is said.
    pub(crate) const NONE: Self = Self { max_bytes: None, is_bound: false, weigh: None };

    pub(super) fn check(args: &Args, errors: &mut Errors) -> Self {
        Self {
            max_bytes: args.max_bytes.as_ref().and_then(|arg| max_bytes(&arg.value, errors)),
            is_bound: args.max_bytes.is_some(),
            weigh: args.weigh.as_ref().and_then(|arg| weigh(arg, errors)),
        }
    }

    /// Tells whether the size of values is asked for.
    pub(crate) fn are_given(&self) -> bool {
        self.is_bound || self.weigh.is_some()
    }

    /// Emits the call that sets the bound of a site.
    pub(super) fn bound(&self) -> Option<TokenStream> {
        self.max_bytes.map(|bytes| quote!(.max_bytes(#bytes)))
    }

    /// Emits the call that tells a site how to weigh a `value`.
    pub(super) fn weigher(&self, krate: &Path, value: &TokenStream) -> TokenStream {
        let Some(weigh) = &self.weigh else { return self.by_type(krate, value) };
        let entry = hygienic("entry");
        quote! {
            .weigh(|| ::core::option::Option::Some(
                |#entry| #krate::__private::weighed::<#value, _>(#entry, #weigh)
            ))
        }
    }

    /// Emits the call that finds the size by the type. Where there is a bound, a type without a
    /// known size is an error.
    fn by_type(&self, krate: &Path, value: &TokenStream) -> TokenStream {
        if !self.is_bound {
            return quote!(.weigh(|| #krate::__private::size_of!(#value)));
        }
        let span = value.span();
        let helpers = quote!(use #krate::__private::{KnownSize as _, SizeWanted as _};);
        let found = placed(quote!((&#krate::__private::SizeOf::<#value>::new())), span);
        let weigh = placed(quote!(weigh), span);
        quote_spanned!(span=> .weigh(|| { #helpers #found.#weigh() }))
    }
}

fn max_bytes(value: &Expr, errors: &mut Errors) -> Option<u64> {
    let text = match literal(value) {
        Some(Lit::Str(text)) => text.value(),
        Some(Lit::Int(bytes)) if bytes.suffix().is_empty() => bytes.base10_digits().to_owned(),
        _ => {
            errors.at(
                value,
                "`max_bytes` is a size: write bytes, or a number with a unit, as `max_bytes = \"64MiB\"`",
            );
            return None;
        }
    };
    parse_size(&text).map_err(|error| errors.at(value, error)).ok()
}

fn weigh(arg: &Arg<Expr>, errors: &mut Errors) -> Option<Box<Expr>> {
    let what = "a closure that returns the bytes of a value: write `weigh = |value| value.len()`";
    closure(arg, what, errors)
}
