//! `detach`: the load runs in a task of its own, so it owns its arguments.

use syn::{
    Lifetime, PatType, ReceiverKind, Type, TypeReference,
    visit::{self, Visit},
};

use super::super::function::{Function, Param};
use crate::shared::{arguments::Args, errors::Errors};

/// Returns true if loads run in tasks of their own.
pub(super) fn check(args: &Args, function: &Function, errors: &mut Errors) -> bool {
    let Some(detach) = &args.detach else { return false };
    if !function.is_async() {
        let message = "`detach` runs the load in a task: write `async fn`, or remove `detach`";
        errors.at(&detach.word, message);
        return false;
    }
    let before = errors.count();
    if let Some(receiver) = function.receiver()
        && matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_)))
    {
        let message = "a task cannot own `&mut self`: take `&self`, or remove `detach`";
        errors.at(receiver, message);
    }
    for Param { declared, .. } in &function.params {
        check_parameter(declared, errors);
    }
    errors.count() == before
}

/// Refuses a parameter of which a task cannot have a copy of its own.
fn check_parameter(declared: &PatType, errors: &mut Errors) {
    let ty = &*declared.ty;
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let message = "a task of its own cannot own what is behind `&mut`: take the value, or an \
                           `Arc<Mutex<..>>`, or remove `detach`";
            errors.at(ty, message);
        }
        Type::Reference(TypeReference { elem, .. }) if !borrows(elem) => {}
        _ if !borrows(ty) => {}
        _ => {
            let message = "a task of its own cannot own a part that borrows: take an owned type, as \
                           `Option<String>` for `Option<&str>`, or remove `detach`";
            errors.at(ty, message);
        }
    }
}

/// Returns true if a reference or a lifetime is named in `ty`.
fn borrows(ty: &Type) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
            let is_static = reference.lifetime.as_ref().is_some_and(|life| life.ident == "static");
            self.0 |= !is_static;
            visit::visit_type_reference(self, reference);
        }

        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            self.0 |= lifetime.ident != "static";
        }
    }
    let mut finder = Finder(false);
    finder.visit_type(ty);
    finder.0
}
