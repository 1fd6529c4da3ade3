//! The cache behind a function: its own, or a declared one.

use cachery_syntax::{NameError, check_name};
use syn::{Expr, Path, ext::IdentExt as _};

use super::{super::function::Function, deciding};
use crate::shared::{
    arguments::{Arg, Args},
    errors::Errors,
    values::{self, Values},
};

/// The cache behind a function.
pub(in super::super) enum Source {
    /// The function's own, with what the attribute says of it.
    Own(Box<Values>),
    /// The path of one that `caches!` declares.
    Declared(Path),
}

impl Source {
    /// The path of the declaration, if there is one.
    pub(super) fn declared(&self) -> Option<&Path> {
        match self {
            Self::Own(_) => None,
            Self::Declared(path) => Some(path),
        }
    }
}

pub(super) fn check(args: &Args, function: &Function, errors: &mut Errors) -> Source {
    let own = |errors: &mut Errors| {
        let name = name(args.name.as_ref(), function, errors);
        let mut values = values::check(name, args, errors);
        deciding::check(&mut values.deciding, function, errors);
        Source::Own(Box::new(values))
    };
    let Some(cache) = &args.cache else { return own(errors) };
    match &cache.value {
        Expr::Path(path) if path.qself.is_none() => {
            refuse_policy(&path.path, args, errors);
            Source::Declared(path.path.clone())
        }
        other => {
            errors.at(
                other,
                "`cache` is the path of a cache that `caches!` declares: write `cache = USERS`",
            );
            Source::Own(Box::new(values::stand_in(named_after(function))))
        }
    }
}

/// The name of a function's own cache.
fn name(arg: Option<&Arg<Expr>>, function: &Function, errors: &mut Errors) -> String {
    let named_after = named_after(function);
    let Some(Arg { value, .. }) = arg else {
        if let Err(error) = check_name(&named_after) {
            errors.at(function.ident(), of_the_function(&error));
        }
        return named_after;
    };
    values::name_given(value, errors).unwrap_or(named_after)
}

fn named_after(function: &Function) -> String {
    function.ident().unraw().to_string()
}

/// Explains why the function's name cannot be the cache's.
fn of_the_function(error: &NameError) -> String {
    match error {
        NameError::Reserved { name, stem, global } => format!(
            "without `name = \"..\"` a cache has its function's name, and `{name}` is reserved: its variables, \
             `CACHE_{stem}_…`, could be read as `{global}`, which is for the whole program; write \
             `name = \"my-{name}\"`"
        ),
        _ => format!("{error} (without `name = \"..\"` a cache has its function's name)"),
    }
}

/// Refuses what the declaration says for all functions.
fn refuse_policy(path: &Path, args: &Args, errors: &mut Errors) {
    let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let said = [
        &args.name,
        &args.ttl,
        &args.capacity,
        &args.version,
        &args.backend,
        &args.engine,
        &args.eviction,
        &args.max_bytes,
        &args.weigh,
        &args.stale,
        &args.stale_if_error,
        &args.retry_after,
        &args.cache_if,
        &args.ttl_of,
        &args.refresh,
        &args.none_ttl,
        &args.memory_ttl,
        &args.load_timeout,
        &args.soft_timeout,
        &args.cost,
        &args.budget,
    ];
    let words = said
        .into_iter()
        .flatten()
        .map(|arg| &arg.word)
        .chain(args.local.iter().map(|arg| &arg.word));
    for word in words {
        errors.at(
            word,
            format!("`{word}` belongs in `caches!`, where `{name}` is declared: remove it here"),
        );
    }
}
