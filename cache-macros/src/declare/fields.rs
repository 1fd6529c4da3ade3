//! The fields of a declaration: those of the attribute that are about the cache.

use proc_macro2::{Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Ident, Path};

use super::declaration::Declaration;
use crate::shared::{
    arguments::{self, Args},
    crate_path,
    errors::Errors,
    site::Site,
    spelling,
    suggestion::{did_you_mean, nearest},
    tokens::split_at_commas,
    types::{is_optional, is_result},
    values,
};

/// The arguments of `#[cached]` that say something about a function, and not about its cache.
const OF_A_FUNCTION: [&str; 11] = [
    "cache",
    "key",
    "skip",
    "tags",
    "companions",
    "detach",
    "err_ttl",
    "share_err",
    "batch",
    "max",
    "parallel",
];

/// The meaning of a declaration's fields.
pub(super) struct Checked {
    pub(super) site: Site,
    pub(super) krate: Path,
}

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) -> Checked {
    let before = errors.count();
    let known: Vec<_> = split_at_commas(declaration.fields.clone())
        .into_iter()
        .filter_map(|piece| field(piece, errors))
        .collect();
    let unknown = errors.count() > before;
    let mut args = arguments::parse(joined(known), errors);
    // One of the wrong ones may have been meant for it.
    args.ttl_meant |= unknown;
    if is_result(&declaration.value) {
        let message =
            "a cache keeps values, and errors are never stored: write the type that is in `Ok`";
        errors.at(&declaration.value, message);
    }
    let name = name(&declaration.ident, "cache", &args, unknown, errors);
    let values = values::check(name, &args, errors);
    let krate = crate_path::or_default(args.krate.as_ref().map(|arg| &arg.value), errors);
    Checked {
        site: Site::new(
            values,
            declaration.ident.to_string(),
            spelling::of_type(&declaration.key),
            false,
            spelling::of_type(&declaration.value),
            Some(declaration.value.to_token_stream()),
        )
        .optional(is_optional(&declaration.value)),
        krate,
    }
}

/// Returns the name in the declaration `ident` of a `kind`. `unknown` tells that a field is wrong,
/// which may have been meant for it.
pub(super) fn name(
    ident: &Ident,
    kind: &str,
    args: &Args,
    unknown: bool,
    errors: &mut Errors,
) -> String {
    let stand_in = || ident.to_string().to_lowercase();
    let Some(name) = &args.name else {
        if !unknown {
            let message = format!(
                "`name` is missing: it is the {kind}'s identity; write `name: \"{}\"`",
                stand_in()
            );
            errors.at(ident, message);
        }
        return stand_in();
    };
    values::name_given(&name.value, errors).unwrap_or_else(stand_in)
}

/// Rewrites `ttl: 3600` as the attribute has it, `ttl = 3600`, if it is a field of a declaration.
fn field(piece: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = piece.into_iter().collect();
    if let Some(TokenTree::Ident(word)) = tokens.first()
        && !names().any(|field| word == field)
    {
        errors.push(arguments::reserved(word).unwrap_or_else(|| unknown(word)));
        return None;
    }
    Some(as_argument(tokens))
}

/// Rewrites `name: "users"` as `name = "users"`.
pub(super) fn as_argument(mut tokens: Vec<TokenTree>) -> TokenStream {
    if let Some(TokenTree::Punct(colon)) = tokens.get_mut(1)
        && colon.as_char() == ':'
    {
        let mut equals = Punct::new('=', Spacing::Alone);
        equals.set_span(colon.span());
        *colon = equals;
    }
    tokens.into_iter().collect()
}

/// Returns the names of the fields that this version reads.
fn names() -> impl Iterator<Item = &'static str> {
    arguments::names().filter(|name| !OF_A_FUNCTION.contains(name))
}

fn unknown(word: &Ident) -> syn::Error {
    let of_a_function = OF_A_FUNCTION.iter().any(|name| word == name);
    let message = if word == "key" || word == "skip" {
        format!(
            "`{word}` belongs to a function: a declaration says the key's type, and \
             `#[cached(cache = ..)]` how the key is made"
        )
    } else if of_a_function {
        format!("`{word}` belongs to a function: write it in `#[cached(..)]`")
    } else {
        let all = || format!("it has `{}`", names().collect::<Vec<_>>().join("`, `"));
        let of_others = arguments::meant(word).filter(|meant| names().any(|name| name == *meant));
        let way_out = did_you_mean(of_others.or_else(|| nearest(word, names())), all);
        format!("`{word}` is not a field of a cache: {way_out}")
    };
    syn::Error::new(word.span(), message)
}

pub(super) fn joined(pieces: Vec<TokenStream>) -> TokenStream {
    let comma = || TokenTree::from(Punct::new(',', Spacing::Alone));
    pieces.into_iter().flat_map(|piece| piece.into_iter().chain([comma()])).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    /// Returns the words in backticks in the sentence of the docs that begins with `begin`.
    fn listed(begin: &str) -> BTreeSet<String> {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/attribute.md");
        let page = fs::read_to_string(page).expect("the page is there");
        let (_, rest) = page.split_once(begin).expect("the sentence is there");
        let (list, _) = rest.split_once('.').expect("the sentence ends");
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_docs_list_the_fields_of_a_declared_cache() {
        let fields: BTreeSet<_> = names().map(str::to_owned).collect();
        assert_eq!(listed("Its fields are "), fields);
        let of_functions: BTreeSet<_> = OF_A_FUNCTION.map(str::to_owned).into();
        let beside = listed("an attribute has only what is about its function, which is ");
        assert_eq!(beside, &of_functions - &BTreeSet::from(["cache".to_owned()]));
    }
}
