//! The static, and beside it a type of its name that targets use, as they use a cached function's
//! companions.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Path, Type, Visibility};

use super::{declaration::Declaration, fields::Checked};
use crate::shared::{
    spans::{placed, shown_at, word_of},
    types::{first_argument, last_segment, peel},
};

pub(super) fn expand(declaration: &Declaration, Checked { site, krate }: &Checked) -> TokenStream {
    let Declaration { attrs, vis, ident, key, value, .. } = declaration;
    let policy = site.policy(krate);
    let kept = if site.local { quote!(local) } else { quote!(stored) };
    let reference = site.reference(krate, &quote!(#policy.declared()));
    let made = quote!(#krate::__private::Cache::<#key, #value>::#kept(#reference));
    let made = placed(made, word_of(value));
    let equality = quote!(#krate::__private::EqualityOf::<#value>::EQ);
    let helper = quote!(use #krate::__private::NoEquality as _;);
    let (helper, equal) =
        if site.local { (None, None) } else { (Some(helper), Some(quote!(.equal(#equality)))) };
    let decide = site.deciding.call(krate, word_of(value));
    // With a budget, each function that loads is asked for an error that tells of it.
    let (kind, method) = if site.budget.is_some() {
        (quote!(Budgeted), quote!(budgeted_at))
    } else {
        (quote!(Plain), quote!(at))
    };
    let keyed = quote!(#krate::__private::#kind<#value>);
    let at = at(vis, ident, key, krate, &keyed, &method);
    quote! {
        #(#attrs)*
        #vis static #ident: #krate::__private::Cache<#key, #value> = {
            #helper
            #made #equal #decide
        };

        #[doc(hidden)]
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types)]
        #vis struct #ident {}

        #[allow(dead_code, clippy::ptr_arg, clippy::trivially_copy_pass_by_ref)]
        impl #ident {
            #at

            #[doc(hidden)]
            #vis fn cache() -> #krate::__private::CacheHandle {
                #ident.handle()
            }
        }
    }
}

/// Emits `__at` of the static `ident`, which returns an `output` by references to the parts of a
/// `key`: by the static's `method`.
pub(super) fn at(
    vis: &Visibility,
    ident: &Ident,
    key: &Type,
    krate: &Path,
    output: &TokenStream,
    method: &TokenStream,
) -> TokenStream {
    let types = parts(key);
    let span = shown_at(word_of(key));
    let name = |place| format_ident!("part{place}", span = span);
    let names: Vec<_> = (0..types.len()).map(name).collect();
    // The parts are encoded as the whole key is.
    let whole = match names.as_slice() {
        [one] => quote_spanned!(span=> #krate::__private::declared_key(&#one)),
        several => placed(quote!(&(#(#several),*)), span),
    };
    quote! {
        #[doc(hidden)]
        #vis fn __at(#(#names: #types),*) -> #output {
            #ident.#method(&[#whole])
        }
    }
}

/// Returns the types in a tuple, else the type itself, each in its borrowed form.
fn parts(key: &Type) -> Vec<TokenStream> {
    match peel(key) {
        Type::Tuple(tuple) if tuple.elems.len() > 1 => tuple.elems.iter().map(borrowed).collect(),
        _ => vec![borrowed(key)],
    }
}

/// Returns the type of a reference that every owner of a `ty` can give.
fn borrowed(ty: &Type) -> TokenStream {
    let Some(last) = last_segment(ty) else { return quote!(&#ty) };
    match (last.ident.to_string().as_str(), first_argument(last)) {
        ("String", None) => quote!(&::core::primitive::str),
        ("Vec", Some(item)) => quote!(&[#item]),
        _ => quote!(&#ty),
    }
}
