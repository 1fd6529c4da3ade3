//! Whose cache it is: the function's own, or a declared one.

use syn::{Expr, Path};

use super::{
    super::{args::Args, signature::Function},
    values::{self, Values},
};
use crate::errors::Errors;

pub(in super::super) struct Source {
    /// What the function's own cache is like, and a stand-in beside a declared one.
    pub(in super::super) values: Values,
    /// Where `caches!` has it.
    pub(in super::super) declared: Option<Path>,
}

pub(super) fn check(args: &Args, function: &Function, errors: &mut Errors) -> Source {
    let Some(cache) = &args.cache else {
        let name = values::name(args.name.as_ref(), function, errors);
        return Source { values: values::check(name, args, errors), declared: None };
    };
    let path = match &cache.value {
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        other => {
            errors.at(other, "`cache` is the path of a cache that `caches!` declares: write `cache = USERS`");
            None
        }
    };
    if let Some(path) = &path {
        refuse_policy(path, args, errors);
    }
    Source { values: values::beside_a_declaration(args, errors), declared: path }
}

/// The declaration says it for all functions.
fn refuse_policy(path: &Path, args: &Args, errors: &mut Errors) {
    let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let said = [&args.name, &args.ttl, &args.capacity, &args.version, &args.backend];
    let words = said.into_iter().flatten().map(|arg| &arg.word).chain(args.local.iter().map(|arg| &arg.word));
    for word in words {
        errors.at(word, format!("`{word}` is said once, where `{name}` is declared: remove it here"));
    }
}
