//! The types of inputs that are given by reference.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Expr, ExprMethodCall, Type, TypeImplTrait, TypeParamBound,
    visit::{self, Visit},
};

use super::super::validate::{Key, Part};

/// Bounds whose methods take `&self`.
const BY_REFERENCE: [&str; 9] =
    ["AsRef", "Borrow", "Deref", "Display", "ToString", "CacheKey", "Send", "Sync", "Unpin"];

/// Returns the type of the input `name` that is given by reference; a reference stays one.
///
/// A target may have a `&str` where a function takes an `impl AsRef<str>`, so that need not be
/// sized as long as the key only calls its methods.
pub(super) fn declared(name: &Ident, ty: &Type, key: &Key) -> TokenStream {
    match ty {
        Type::Reference(_) => ty.to_token_stream(),
        Type::ImplTrait(opaque) if need_not_be_sized(name, opaque, key) => {
            quote!(&(#opaque + ?::core::marker::Sized))
        }
        Type::ImplTrait(opaque) if opaque.bounds.len() > 1 => quote!(&(#opaque)),
        _ => quote!(&#ty),
    }
}

fn need_not_be_sized(name: &Ident, ty: &TypeImplTrait, key: &Key) -> bool {
    let by_reference = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| BY_REFERENCE.iter().any(|known| last.ident == known))
        }
        _ => false,
    };
    let mut uses = Uses { name, as_receiver: false, otherwise: false };
    for part in &key.parts {
        if let Part::Expr(expr) = part {
            uses.visit_expr(expr);
        }
    }
    ty.bounds.iter().all(by_reference) && uses.as_receiver && !uses.otherwise
}

/// The uses of a name in the expressions of `key(..)`.
struct Uses<'a> {
    name: &'a Ident,
    /// A method is called on it.
    as_receiver: bool,
    otherwise: bool,
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(self.name)) {
            self.as_receiver = true;
            call.args.iter().for_each(|arg| self.visit_expr(arg));
        } else {
            visit::visit_expr_method_call(self, call);
        }
    }

    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.otherwise |= ident == self.name;
    }
}
