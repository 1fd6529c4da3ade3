//! The associated types of an impl: beside it, `Self::Item` would not be known.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    ImplItem, ImplItemFn, ItemImpl, Path, Type,
    visit_mut::{self, VisitMut},
};

/// The associated types that the impl of a trait defines.
pub(super) struct OwnTypes {
    types: Vec<(Ident, Type)>,
    of_trait: Option<Path>,
}

impl OwnTypes {
    pub(super) fn of(item: &ItemImpl) -> Self {
        let types = item.items.iter().filter_map(|member| match member {
            ImplItem::Type(own) if own.generics.params.is_empty() => {
                Some((own.ident.clone(), own.ty.clone()))
            }
            _ => None,
        });
        Self {
            types: types.collect(),
            of_trait: item.trait_.as_ref().map(|(path, _)| path.clone()),
        }
    }

    /// Emits `method` with what the types stand for in its signature, and with their whole paths in
    /// its body.
    pub(super) fn spelled_out(&self, mut method: ImplItemFn) -> TokenStream {
        if self.types.is_empty() {
            return method.into_token_stream();
        }
        InSignature(self).visit_signature_mut(&mut method.sig);
        let ImplItemFn { attrs, vis, sig, block, .. } = &method;
        let body = self.in_body(block.to_token_stream());
        quote!(#(#attrs)* #vis #sig #body)
    }

    fn named(&self, name: &Ident) -> Option<&Type> {
        self.types.iter().find(|(own, _)| own == name).map(|(_, ty)| ty)
    }

    /// Returns the type that `Self::Item` stands for.
    fn meant(&self, path: &Path) -> Option<&Type> {
        let mut segments = path.segments.iter();
        let first = segments.next().filter(|first| first.ident == "Self");
        let (Some(_), Some(name), None) = (first, segments.next(), segments.next()) else {
            return None;
        };
        self.named(&name.ident)
    }

    /// Writes `<Self as Trait>` for each `Self` before one of the types.
    fn in_body(&self, tokens: TokenStream) -> TokenStream {
        let tokens = Vec::from_iter(tokens);
        let of_trait = &self.of_trait;
        let write = |(place, token): (usize, &TokenTree)| match token {
            TokenTree::Ident(ident) if ident == "Self" && self.follows(&tokens[place + 1..]) => {
                quote!(<#ident as #of_trait>)
            }
            TokenTree::Group(group) => {
                let mut written = Group::new(group.delimiter(), self.in_body(group.stream()));
                written.set_span(group.span());
                TokenTree::from(written).into()
            }
            other => other.clone().into(),
        };
        tokens.iter().enumerate().map(write).collect()
    }

    /// Returns true if `tokens` begin with `::` and the name of one of the types.
    fn follows(&self, tokens: &[TokenTree]) -> bool {
        matches!(tokens, [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name), ..]
            if one.as_char() == ':' && two.as_char() == ':' && self.named(name).is_some())
    }
}

struct InSignature<'a>(&'a OwnTypes);

impl VisitMut for InSignature<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        let meant = match &*ty {
            Type::Path(path) if path.qself.is_none() => self.0.meant(&path.path).cloned(),
            _ => None,
        };
        match meant {
            Some(meant) => *ty = meant,
            None => visit_mut::visit_type_mut(self, ty),
        }
    }
}
