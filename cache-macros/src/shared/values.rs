//! The values of arguments: the rules for each, and a stand-in beside an error.

use std::{fmt::Display, str::FromStr};

use cachery_syntax::{Backend, Budget, Engine, Eviction, check_name};
use syn::{Expr, Lit, LitInt};

use super::{
    arguments::{Arg, Args},
    budget,
    bytes::BytesArguments,
    deciding::DecidingArguments,
    errors::Errors,
    freshness::Freshness,
    tokens::literal,
    ttl::TtlArgument,
    word::word,
};

/// The values of a cache's own arguments.
pub(crate) struct Values {
    pub(crate) name: String,
    /// The name is written.
    pub(crate) named: bool,
    pub(crate) ttl: TtlArgument,
    pub(crate) capacity: Option<u64>,
    pub(crate) version: Option<u32>,
    pub(crate) backend: Option<Backend>,
    pub(crate) engine: Option<Engine>,
    pub(crate) eviction: Option<Eviction>,
    pub(crate) bytes: BytesArguments,
    pub(crate) freshness: Freshness,
    pub(crate) deciding: DecidingArguments,
    pub(crate) budget: Option<Budget>,
    pub(crate) local: bool,
    /// Loads run in tasks of their own.
    pub(crate) detached: bool,
}

/// Checks the values of the cache `name`.
pub(crate) fn check(name: String, args: &Args, errors: &mut Errors) -> Values {
    Values {
        name,
        named: args.name.is_some(),
        ttl: TtlArgument::check(args, errors),
        capacity: args.capacity.as_ref().and_then(|arg| capacity(&arg.value, errors)),
        version: args.version.as_ref().and_then(|arg| version(&arg.value, errors)),
        backend: backend(args, errors),
        engine: engine(args, errors),
        eviction: eviction(args, errors),
        bytes: BytesArguments::check(args, errors),
        freshness: Freshness::check(args, errors),
        deciding: DecidingArguments::check(args, errors),
        budget: budget::check(args, errors),
        local: args.local.is_some(),
        detached: args.detach.is_some(),
    }
}

/// The values of the cache `name` beside an error in what says which cache it is.
pub(crate) const fn stand_in(name: String) -> Values {
    Values {
        name,
        named: false,
        ttl: TtlArgument::STAND_IN,
        capacity: None,
        version: None,
        backend: None,
        engine: None,
        eviction: None,
        bytes: BytesArguments::NONE,
        freshness: Freshness::STAND_IN,
        deciding: DecidingArguments::NONE,
        budget: None,
        local: false,
        detached: false,
    }
}

/// Reads the value of `name = ..`.
pub(crate) fn name_given(value: &Expr, errors: &mut Errors) -> Option<String> {
    let Some(Lit::Str(text)) = literal(value) else {
        errors.at(value, "`name` is a string literal: write `name = \"orders\"`");
        return None;
    };
    check_name(&text.value()).map_err(|error| errors.at(value, error)).ok()?;
    Some(text.value())
}

fn capacity(value: &Expr, errors: &mut Errors) -> Option<u64> {
    let way_out = "write the most entries to keep, as `capacity = 50_000`";
    match integer::<u64>(value) {
        Some(0) => errors.at(value, format!("`capacity` is above zero: {way_out}")),
        Some(entries) => return Some(entries),
        None => errors.at(value, format!("`capacity` is a whole number: {way_out}")),
    }
    None
}

fn version(value: &Expr, errors: &mut Errors) -> Option<u32> {
    let version = integer(value);
    if version.is_none() {
        errors.at(
            value,
            format!("`version` is a whole number up to {}: write `version = 2`", u32::MAX),
        );
    }
    version
}

fn backend(args: &Args, errors: &mut Errors) -> Option<Backend> {
    let Arg { value, .. } = args.backend.as_ref()?;
    let Some(Lit::Str(text)) = literal(value) else {
        errors.at(value, "`backend` is a string literal: write `backend = \"redis\"`");
        return None;
    };
    match (text.value().parse::<Backend>(), &args.local) {
        (Ok(backend), Some(local)) if backend.is_remote() => {
            errors.at(&local.word, "`local` keeps values in memory: drop it, or the `backend`");
        }
        (Ok(backend), _) => return Some(backend),
        (Err(error), _) => errors.at(value, error),
    }
    None
}

fn engine(args: &Args, errors: &mut Errors) -> Option<Engine> {
    word(args.engine.as_ref()?, "engine = \"moka\"", errors)
}

fn eviction(args: &Args, errors: &mut Errors) -> Option<Eviction> {
    let arg = args.eviction.as_ref()?;
    let engine = args.engine.as_ref().and_then(|arg| literal(&arg.value));
    // A wrong engine is an error already.
    let is_ruled = match engine {
        Some(Lit::Str(engine)) => engine.value().parse() != Ok(Engine::S3Fifo),
        Some(_) => true,
        None => args.engine.is_some(),
    };
    if !is_ruled {
        let message = "`eviction` is a rule of the engine moka: write `engine = \"moka\"`, too";
        errors.at(&arg.word, message);
    }
    word(arg, "eviction = \"lru\"", errors)
}

fn integer<N: FromStr<Err: Display>>(value: &Expr) -> Option<N> {
    let number =
        |number: &LitInt| number.suffix().is_empty().then(|| number.base10_parse().ok()).flatten();
    match literal(value) {
        Some(Lit::Int(literal)) => number(literal),
        _ => None,
    }
}
