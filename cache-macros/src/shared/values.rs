//! The values of arguments: the rules for each, and a stand-in beside an error.

use std::{fmt::Display, str::FromStr, time::Duration};

use cachery_syntax::{Backend, Engine, Eviction, Ttl, check_name};
use syn::{Expr, ExprUnary, Lit, LitInt, UnOp};

use super::{
    arguments::{Arg, Args},
    errors::Errors,
};

/// The values of a cache's own arguments.
pub(crate) struct Values {
    pub(crate) name: String,
    pub(crate) ttl: Ttl,
    pub(crate) capacity: Option<u64>,
    pub(crate) version: Option<u32>,
    pub(crate) backend: Option<Backend>,
    pub(crate) engine: Option<Engine>,
    pub(crate) eviction: Option<Eviction>,
    pub(crate) local: bool,
}

/// Never runs: it keeps the expansion whole beside an error.
const STAND_IN_TTL: Ttl = Ttl::For(Duration::from_secs(60));

/// Checks the values of the cache `name`.
pub(crate) fn check(name: String, args: &Args, errors: &mut Errors) -> Values {
    Values {
        name,
        ttl: ttl(args, errors),
        capacity: args.capacity.as_ref().and_then(|arg| capacity(&arg.value, errors)),
        version: args.version.as_ref().and_then(|arg| version(&arg.value, errors)),
        backend: backend(args, errors),
        engine: engine(args, errors),
        eviction: eviction(args, errors),
        local: args.local.is_some(),
    }
}

/// The values of the cache `name` beside an error in what says which cache it is.
pub(crate) const fn stand_in(name: String) -> Values {
    Values {
        name,
        ttl: STAND_IN_TTL,
        capacity: None,
        version: None,
        backend: None,
        engine: None,
        eviction: None,
        local: false,
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

fn ttl(args: &Args, errors: &mut Errors) -> Ttl {
    let Some(Arg { value, .. }) = &args.ttl else {
        if args.ttl_meant {
            return STAND_IN_TTL;
        }
        let message = "`ttl` is missing: say how long a value stays fresh, as `ttl = 3600` (seconds), \
                       `ttl = \"1h30m\"` or `ttl = \"forever\"`";
        errors.at_span(proc_macro2::Span::call_site(), message);
        return STAND_IN_TTL;
    };
    duration(value).unwrap_or_else(|message| {
        errors.at(value, message);
        STAND_IN_TTL
    })
}

fn duration(value: &Expr) -> Result<Ttl, String> {
    let read = |text: &str| text.parse::<Ttl>().map_err(|error| error.to_string());
    match (value, literal(value)) {
        (_, Some(Lit::Str(text))) => read(&text.value()),
        (_, Some(Lit::Int(seconds))) if seconds.suffix().is_empty() => read(seconds.base10_digits()),
        (_, Some(Lit::Int(text))) if read(&text.to_string()).is_ok() => {
            Err(format!("`ttl` with a unit is a string: write `ttl = \"{text}\"`"))
        }
        (_, Some(Lit::Int(text))) => {
            Err(format!("`ttl` is a number without suffix: write `ttl = {}` (seconds)", text.base10_digits()))
        }
        (_, Some(Lit::Float(_))) => {
            Err("`ttl` is whole seconds: write a fraction as `ttl = \"1500ms\"`".into())
        }
        (Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }), _) if literal(expr).is_some() => {
            Err("`ttl` is longer than zero: write `ttl = 3600` (seconds)".into())
        }
        _ => {
            Err("`ttl` is a literal: write `ttl = 3600` (seconds), `ttl = \"1h30m\"` or `ttl = \"forever\"`"
                .into())
        }
    }
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

/// Reads one of a few words. `example` shows how the argument is written.
fn word<W>(arg: &Arg<Expr>, example: &str, errors: &mut Errors) -> Option<W>
where
    W: FromStr<Err: Display>,
{
    let Some(Lit::Str(text)) = literal(&arg.value) else {
        let message = format!("`{}` is a string literal: write `{example}`", arg.word);
        errors.at(&arg.value, message);
        return None;
    };
    text.value().parse().map_err(|error| errors.at(&arg.value, error)).ok()
}

fn integer<N: FromStr<Err: Display>>(value: &Expr) -> Option<N> {
    let number =
        |number: &LitInt| number.suffix().is_empty().then(|| number.base10_parse().ok()).flatten();
    match literal(value) {
        Some(Lit::Int(literal)) => number(literal),
        _ => None,
    }
}

/// Returns the literal, also where a `macro_rules!` has put an invisible group around it.
fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
