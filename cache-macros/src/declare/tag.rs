//! The declaration of a tag: its name, the static, and beside it a type of that name, which
//! `tags(..)` and targets use.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Ident, Path};

use super::{
    declaration::TagDeclaration,
    expand::at,
    fields::{as_argument, joined, name},
};
use crate::shared::{
    arguments, crate_path, errors::Errors, spelling, suggestion::nearest, tokens::split_at_commas,
};

/// The fields of a tag.
const FIELDS: [&str; 2] = ["name", "crate"];

/// The meaning of a declaration's fields.
pub(super) struct Checked {
    name: String,
    krate: Path,
}

pub(super) fn check(declaration: &TagDeclaration, errors: &mut Errors) -> Checked {
    let before = errors.count();
    let pieces = split_at_commas(declaration.fields.clone()).into_iter();
    let known: Vec<_> = pieces.filter_map(|piece| field(piece, errors)).collect();
    let unknown = errors.count() > before;
    let args = arguments::parse(joined(known), errors);
    let name = name(&declaration.ident, "tag", &args, unknown, errors);
    let krate = crate_path::or_default(args.krate.as_ref().map(|arg| &arg.value), errors);
    Checked { name, krate }
}

fn field(piece: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = piece.into_iter().collect();
    if let Some(TokenTree::Ident(word)) = tokens.first()
        && !FIELDS.iter().any(|field| word == field)
    {
        errors.at(word, unknown(word));
        return None;
    }
    Some(as_argument(tokens))
}

fn unknown(word: &Ident) -> String {
    match nearest(word, FIELDS) {
        Some(near) => format!("`{word}` is not a field of a tag: did you mean `{near}`?"),
        None => format!(
            "`{word}` is not a field of a tag, which has a `name` and no policy: the caches whose \
             entries it marks have that"
        ),
    }
}

pub(super) fn expand(
    declaration: &TagDeclaration,
    Checked { name, krate }: &Checked,
) -> TokenStream {
    let TagDeclaration { attrs, vis, ident, key, .. } = declaration;
    let key_text = spelling::of_type(key);
    let at = at(vis, ident, key, krate, &quote!(#krate::__private::Named), &quote!(at));
    quote! {
        #(#attrs)*
        #vis static #ident: #krate::__private::DeclaredTag<#key> = {
            #[#krate::__private::linkme::distributed_slice(#krate::__private::TAGS)]
            #[linkme(crate = #krate::__private::linkme)]
            static SITE: #krate::__private::TagSite =
                #krate::__private::TagSite::new(#name, #key_text);
            #krate::__private::DeclaredTag::new(&SITE)
        };

        #[doc(hidden)]
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types)]
        #vis struct #ident {}

        #[allow(dead_code, clippy::ptr_arg, clippy::trivially_copy_pass_by_ref)]
        impl #ident {
            #at
        }
    }
}
