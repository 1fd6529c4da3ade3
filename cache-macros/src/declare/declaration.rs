//! The syntax of a declaration.

use proc_macro2::TokenStream;
use syn::{
    Attribute, GenericArgument, Ident, PathArguments, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream},
};

/// A declaration of either kind.
pub(super) enum Declared {
    Cache(Box<Declaration>),
    Tag(Box<TagDeclaration>),
}

/// `/// docs  pub static TENANT: Tag<u64> = { name: "tenant" };`
pub(super) struct TagDeclaration {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// The type of the tag's values.
    pub(super) key: Type,
    /// The tokens between the braces.
    pub(super) fields: TokenStream,
}

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
pub(super) fn all(input: ParseStream<'_>) -> syn::Result<Vec<Declared>> {
    let mut declarations = vec![];
    while !input.is_empty() {
        declarations.push(input.parse()?);
    }
    Ok(declarations)
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let vis = input.parse()?;
        let form = "a cache is declared as `pub static USERS: Cache<UserId, User> = { name: \"users\", ttl: \"10m\" };`";
        let meant = |error: syn::Error| syn::Error::new(error.span(), form);
        input.parse::<Token![static]>().map_err(meant)?;
        let ident = input.parse().map_err(meant)?;
        input.parse::<Token![:]>().map_err(meant)?;
        let types = Types::of(&input.parse().map_err(meant)?)?;
        input.parse::<Token![=]>().map_err(meant)?;
        let fields;
        braced!(fields in input);
        let fields = fields.parse()?;
        input.parse::<Token![;]>().map_err(meant)?;
        Ok(match types {
            Types::Cache(types) => {
                let [key, value] = *types;
                Self::Cache(Box::new(Declaration { attrs, vis, ident, key, value, fields }))
            }
            Types::Tag(key) => {
                let key = *key;
                Self::Tag(Box::new(TagDeclaration { attrs, vis, ident, key, fields }))
            }
        })
    }
}

/// The types that a declaration names.
enum Types {
    /// `Cache<K, V>`.
    Cache(Box<[Type; 2]>),
    /// `Tag<K>`.
    Tag(Box<Type>),
}

impl Types {
    fn of(ty: &Type) -> syn::Result<Self> {
        let rule =
            "the type of a declared cache is `Cache<Key, Value>`, that of a tag `Tag<Value>`";
        let refused = || syn::Error::new_spanned(ty, rule);
        let Type::Path(path) = ty else { return Err(refused()) };
        let last = path.path.segments.last().ok_or_else(refused)?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return Err(refused());
        };
        let arguments = Vec::from_iter(&arguments.args);
        match (last.ident.to_string().as_str(), arguments.as_slice()) {
            ("Cache", [GenericArgument::Type(key), GenericArgument::Type(value)]) => {
                Ok(Self::Cache(Box::new([key.clone(), value.clone()])))
            }
            ("Tag", [GenericArgument::Type(key)]) => Ok(Self::Tag(Box::new(key.clone()))),
            _ => Err(refused()),
        }
    }
}
