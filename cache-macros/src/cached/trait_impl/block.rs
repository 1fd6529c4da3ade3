//! The impl of a trait, and the inherent one beside it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, GenericParam, Generics, Ident, ImplItem, ItemImpl, Path, Type};

use super::is_ours;
use crate::shared::{errors::Errors, mentions::Mentions, tokens::written, types::peel};

/// The parts that the inherent impl has in common with that of the trait.
pub(super) struct Block {
    attributes: Vec<Attribute>,
    generics: Generics,
    self_type: Type,
}

/// Types of the standard library for which impls are often written.
const FOREIGN: [&str; 12] = [
    "Arc", "BTreeMap", "Box", "Cow", "HashMap", "HashSet", "Option", "Rc", "Result", "String",
    "Vec", "str",
];

impl Block {
    /// Returns `None` beside an error.
    pub(super) fn check(args: &TokenStream, item: &ItemImpl, errors: &mut Errors) -> Option<Self> {
        let before = errors.count();
        if !args.is_empty() {
            let message = "`#[cached]` on an impl has no arguments: write them at its methods, as in \
                           `#[cached(ttl = 3600)]`";
            errors.at(args, message);
        }
        match &item.trait_ {
            None => {
                let message = "`#[cached]` stands on the impl of a trait, or on a function: in this impl \
                               write it at the methods alone";
                errors.at(item.impl_token, message);
            }
            Some((path, _)) => {
                if errors.count() == before {
                    check_methods(item, errors);
                }
                check_owner(item, path, errors);
            }
        }
        (errors.count() == before).then(|| Self::of(item))
    }

    fn of(item: &ItemImpl) -> Self {
        let kept = |attribute: &&Attribute| {
            let words = ["cfg", "allow", "expect"];
            words.iter().any(|word| attribute.path().is_ident(word))
        };
        Self {
            attributes: item.attrs.iter().filter(kept).cloned().collect(),
            generics: item.generics.clone(),
            self_type: (*item.self_ty).clone(),
        }
    }

    /// Emits the inherent impl.
    pub(super) fn inherent(&self, members: &[TokenStream]) -> TokenStream {
        let Self { attributes, generics, self_type } = self;
        let (generics, _, bounds) = generics.split_for_impl();
        // Callers of the trait may be anywhere, so the companions are public, whatever the type is.
        // The trait says what a method takes and returns, which lints ask the authors of others.
        quote! {
            #(#attributes)*
            #[allow(
                dead_code, private_bounds, private_interfaces, unreachable_pub,
                clippy::needless_pass_by_value, clippy::trivially_copy_pass_by_ref,
                clippy::unnecessary_wraps, clippy::unused_async, clippy::unused_self,
            )]
            impl #generics #self_type #bounds {
                #(#members)*
            }
        }
    }
}

fn check_methods(item: &ItemImpl, errors: &mut Errors) {
    let is_cached = |item: &ImplItem| match item {
        ImplItem::Fn(method) => method.attrs.iter().any(is_ours),
        _ => false,
    };
    if !item.items.iter().any(is_cached) {
        let message = "`#[cached]` on an impl caches the methods that say how: write \
                       `#[cached(ttl = 3600)]` at each of them";
        errors.at(item.impl_token, message);
    }
}

/// Refuses types that cannot have an inherent impl here.
fn check_owner(item: &ItemImpl, path: &Path, errors: &mut Errors) {
    let self_type = &*item.self_ty;
    let owner = written(self_type);
    let cause = if is_parameter(self_type, &item.generics) || !is_nominal(self_type) {
        format!("`{owner}` is not a type that can have some")
    } else if is_foreign(self_type) {
        format!("`{owner}` is a type of another crate")
    } else if let Some(name) = of_the_trait_alone(item) {
        format!("`{owner}` does not say what `{name}` is")
    } else {
        return;
    };
    let message = format!(
        "the companions are functions of the type, and {cause}: cache a free function, as in \
         `#[cached(ttl = 3600)] async fn load(..)`, and call it in the impl of `{}`",
        written(path)
    );
    errors.at(self_type, message);
}

/// Returns true for a type that is of another crate as far as its name tells. The compiler knows
/// the others.
fn is_foreign(ty: &Type) -> bool {
    const CRATES: [&str; 3] = ["alloc", "core", "std"];
    let Type::Path(path) = peel(ty) else { return false };
    let first = path.path.segments.first();
    path.path.leading_colon.is_some()
        || first.is_some_and(|first| CRATES.iter().any(|name| first.ident == name))
        || path.path.segments.len() == 1
            && first.is_some_and(|first| FOREIGN.iter().any(|name| first.ident == name))
}

fn is_parameter(ty: &Type, generics: &Generics) -> bool {
    let Type::Path(path) = peel(ty) else { return false };
    path.path.get_ident().is_some_and(|ident| generics.type_params().any(|one| one.ident == *ident))
}

/// Returns true for a type with a name, and for `dyn Trait`.
fn is_nominal(ty: &Type) -> bool {
    match peel(ty) {
        Type::Path(path) => path.qself.is_none(),
        Type::TraitObject(_) => true,
        _ => false,
    }
}

/// Returns a parameter of the impl that its type does not have.
fn of_the_trait_alone(item: &ItemImpl) -> Option<&Ident> {
    let mentions = Mentions::of_type(&item.self_ty);
    let names = item.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    names.into_iter().find(|name| !mentions.has_word(&name.to_string()))
}
