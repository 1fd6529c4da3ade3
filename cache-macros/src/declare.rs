//! `caches!`: syntax -> check -> expand, for each declaration on its own.

mod expand;
mod fields;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, GenericArgument, Ident, PathArguments, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream, Parser as _},
};

use crate::errors::Errors;

/// `/// docs  pub static USERS: Cache<UserId, User> = { name: "users", ttl: "10m" };`
struct Declaration {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    key: Type,
    value: Type,
    /// What stands between the braces.
    fields: TokenStream,
}

pub(crate) fn caches(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let mut expansion = TokenStream::new();
    match (|input: ParseStream<'_>| all(input)).parse2(tokens) {
        Ok(declarations) => {
            for declaration in &declarations {
                let checked = fields::check(declaration, &mut errors);
                expansion.extend(expand::expand(declaration, &checked));
            }
        }
        Err(error) => errors.push(error),
    }
    errors.beside(expansion)
}

fn all(input: ParseStream<'_>) -> syn::Result<Vec<Declaration>> {
    let mut declarations = vec![];
    while !input.is_empty() {
        declarations.push(input.parse()?);
    }
    Ok(declarations)
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let vis = input.parse()?;
        let form = "a cache is declared as `pub static USERS: Cache<UserId, User> = { name: \"users\", ttl: \"10m\" };`";
        let meant = |error: syn::Error| syn::Error::new(error.span(), form);
        input.parse::<Token![static]>().map_err(meant)?;
        let ident = input.parse().map_err(meant)?;
        input.parse::<Token![:]>().map_err(meant)?;
        let (key, value) = types(&input.parse().map_err(meant)?)?;
        input.parse::<Token![=]>().map_err(meant)?;
        let fields;
        braced!(fields in input);
        let fields = fields.parse()?;
        input.parse::<Token![;]>().map_err(meant)?;
        Ok(Self { attrs, vis, ident, key, value, fields })
    }
}

/// `K` and `V` of `Cache<K, V>`.
fn types(ty: &Type) -> syn::Result<(Type, Type)> {
    let refused = || syn::Error::new_spanned(ty, "the type of a declared cache is `Cache<Key, Value>`");
    let Type::Path(path) = ty else { return Err(refused()) };
    let last = path.path.segments.last().filter(|last| last.ident == "Cache").ok_or_else(refused)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Err(refused()) };
    match Vec::from_iter(&arguments.args).as_slice() {
        [GenericArgument::Type(key), GenericArgument::Type(value)] => Ok((key.clone(), value.clone())),
        _ => Err(refused()),
    }
}

impl Declaration {
    /// What entries in a shared store depend on, besides the name.
    fn fingerprint(&self) -> String {
        let (key, value) = (&self.key, &self.value);
        crate::cached::model::written(quote!(#key->#value))
    }
}
