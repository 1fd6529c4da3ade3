//! The syntax of a declaration.

use proc_macro2::TokenStream;
use syn::{
    Attribute, GenericArgument, Ident, PathArguments, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream},
};

/// `/// docs  pub static USERS: Cache<UserId, User> = { name: "users", ttl: "10m" };`
pub(super) struct Declaration {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) key: Type,
    pub(super) value: Type,
    /// The tokens between the braces.
    pub(super) fields: TokenStream,
}

/// Parses declarations up to the end.
pub(super) fn all(input: ParseStream<'_>) -> syn::Result<Vec<Declaration>> {
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

/// Returns `K` and `V` of `Cache<K, V>`.
fn types(ty: &Type) -> syn::Result<(Type, Type)> {
    let refused =
        || syn::Error::new_spanned(ty, "the type of a declared cache is `Cache<Key, Value>`");
    let Type::Path(path) = ty else { return Err(refused()) };
    if path.path.segments.last().is_some_and(|last| last.ident == "Tag") {
        let message =
            "`Tag` is reserved for a later version of Cachery: declare a `Cache<Key, Value>`";
        return Err(syn::Error::new_spanned(ty, message));
    }
    let last =
        path.path.segments.last().filter(|last| last.ident == "Cache").ok_or_else(refused)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Err(refused()) };
    match Vec::from_iter(&arguments.args).as_slice() {
        [GenericArgument::Type(key), GenericArgument::Type(value)] => {
            Ok((key.clone(), value.clone()))
        }
        _ => Err(refused()),
    }
}
