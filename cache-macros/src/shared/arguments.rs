//! The arguments as written: the words that were given and their tokens. `values` checks what they
//! say.

mod given;

use cachery_syntax::{Field, Support};
use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, Lit,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use self::given::{Given, expressions, given, parameters, tags};
use super::{
    errors::Errors,
    suggestion::{did_you_mean, nearest},
    tokens::split_at_commas,
};

/// One argument: the word that was written and what followed it.
pub(crate) struct Arg<T> {
    pub(crate) word: Ident,
    pub(crate) value: T,
}

/// The arguments that were given, each at most once.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<Arg<Expr>>,
    pub(crate) cache: Option<Arg<Expr>>,
    pub(crate) ttl: Option<Arg<Expr>>,
    pub(crate) capacity: Option<Arg<Expr>>,
    pub(crate) key: Option<Arg<Vec<Expr>>>,
    pub(crate) skip: Option<Arg<Vec<Ident>>>,
    pub(crate) tags: Option<Arg<Vec<Expr>>>,
    pub(crate) version: Option<Arg<Expr>>,
    pub(crate) backend: Option<Arg<Expr>>,
    pub(crate) local: Option<Arg<()>>,
    pub(crate) engine: Option<Arg<Expr>>,
    pub(crate) eviction: Option<Arg<Expr>>,
    pub(crate) max_bytes: Option<Arg<Expr>>,
    pub(crate) weigh: Option<Arg<Expr>>,
    pub(crate) stale: Option<Arg<Expr>>,
    pub(crate) stale_if_error: Option<Arg<Expr>>,
    pub(crate) retry_after: Option<Arg<Expr>>,
    pub(crate) refresh: Option<Arg<Expr>>,
    pub(crate) load_timeout: Option<Arg<Expr>>,
    pub(crate) soft_timeout: Option<Arg<Expr>>,
    pub(crate) detach: Option<Arg<()>>,
    pub(crate) cache_if: Option<Arg<Expr>>,
    pub(crate) ttl_of: Option<Arg<Expr>>,
    pub(crate) none_ttl: Option<Arg<Expr>>,
    pub(crate) err_ttl: Option<Arg<Expr>>,
    pub(crate) share_err: Option<Arg<Expr>>,
    pub(crate) memory_ttl: Option<Arg<Expr>>,
    pub(crate) cost: Option<Arg<Expr>>,
    pub(crate) failed_cost: Option<Arg<Expr>>,
    pub(crate) budget: Option<Arg<Expr>>,
    pub(crate) batch: Option<Arg<Expr>>,
    pub(crate) max: Option<Arg<Expr>>,
    pub(crate) parallel: Option<Arg<Expr>>,
    pub(crate) companions: Option<Arg<Expr>>,
    pub(crate) krate: Option<Arg<Expr>>,
    /// A wrong argument was probably meant as `ttl`, so its absence is not a second mistake.
    pub(crate) ttl_meant: bool,
}

#[derive(Clone, Copy)]
enum Argument {
    Name,
    Cache,
    Ttl,
    Capacity,
    Key,
    Skip,
    Tags,
    Version,
    Backend,
    Local,
    Engine,
    Eviction,
    MaxBytes,
    Weigh,
    Stale,
    StaleIfError,
    RetryAfter,
    Refresh,
    LoadTimeout,
    SoftTimeout,
    Detach,
    CacheIf,
    TtlOf,
    NoneTtl,
    ErrTtl,
    ShareErr,
    MemoryTtl,
    Cost,
    FailedCost,
    Budget,
    Batch,
    Max,
    Parallel,
    Companions,
    Crate,
}

impl Argument {
    /// Returns the argument that is called `word`, and how it is written.
    fn named(word: &str) -> Option<(Self, &'static str)> {
        Some(match word {
            "name" => (Self::Name, "name = \"orders\""),
            "cache" => (Self::Cache, "cache = USERS"),
            "ttl" => (Self::Ttl, "ttl = 3600"),
            "capacity" => (Self::Capacity, "capacity = 50_000"),
            "key" => (Self::Key, "key(tenant, id)"),
            "skip" => (Self::Skip, "skip(db)"),
            "tags" => (Self::Tags, "tags(TENANT(tenant))"),
            "version" => (Self::Version, "version = 2"),
            "backend" => (Self::Backend, "backend = \"redis\""),
            "local" => (Self::Local, "local"),
            "engine" => (Self::Engine, "engine = \"moka\""),
            "eviction" => (Self::Eviction, "eviction = \"lru\""),
            "max_bytes" => (Self::MaxBytes, "max_bytes = \"64MiB\""),
            "weigh" => (Self::Weigh, "weigh = |value| value.len()"),
            "stale" => (Self::Stale, "stale = \"10m\""),
            "stale_if_error" => (Self::StaleIfError, "stale_if_error = \"24h\""),
            "retry_after" => (Self::RetryAfter, "retry_after = \"10s\""),
            "refresh" => (Self::Refresh, "refresh = \"auto\""),
            "load_timeout" => (Self::LoadTimeout, "load_timeout = \"30s\""),
            "soft_timeout" => (Self::SoftTimeout, "soft_timeout = \"500ms\""),
            "detach" => (Self::Detach, "detach"),
            "cache_if" => (Self::CacheIf, "cache_if = |value| value.is_complete()"),
            "ttl_of" => (Self::TtlOf, "ttl_of = |token| token.expires_in"),
            "none_ttl" => (Self::NoneTtl, "none_ttl = \"10s\""),
            "err_ttl" => (Self::ErrTtl, "err_ttl = \"5s\""),
            "share_err" => (Self::ShareErr, "share_err = |error| anyhow!(\"{error:#}\")"),
            "memory_ttl" => (Self::MemoryTtl, "memory_ttl = \"30s\""),
            "cost" => (Self::Cost, "cost = 0.03"),
            "failed_cost" => (Self::FailedCost, "failed_cost = |error| error.dollars()"),
            "budget" => (Self::Budget, "budget = \"50/day\""),
            "batch" => (Self::Batch, "batch = texts"),
            "max" => (Self::Max, "max = 100"),
            "parallel" => (Self::Parallel, "parallel = 4"),
            "companions" => (Self::Companions, "companions = other_name"),
            "crate" => (Self::Crate, "crate = path::to::cachery"),
            _ => return None,
        })
    }
}

/// Returns the names of the arguments that this version reads.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    Field::ALL.into_iter().filter(|field| field.argument == Support::Now).map(|field| field.name)
}

/// Returns an error if `word` is the name of an argument of a later version.
pub(crate) fn reserved(word: &Ident) -> Option<syn::Error> {
    let field = Field::named(&word.to_string())?;
    let message = format!("`{word}` is reserved for a later version of Cachery: remove it");
    (field.argument == Support::Later).then(|| syn::Error::new(word.span(), message))
}

/// The words that other caches have for an argument.
const OTHER_WORDS: [(&str, &[&str]); 4] = [
    (
        "ttl",
        &["time", "time_to_live", "timeout", "expire", "expires", "expiry", "duration", "max_age"],
    ),
    ("stale_if_error", &["fail_safe", "failsafe", "serve_stale"]),
    ("stale", &["grace", "stale_while_revalidate", "swr"]),
    ("capacity", &["size", "max_size", "max_entries", "max_capacity"]),
];

/// Reads the arguments one by one: a malformed one costs only itself.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    for piece in split_at_commas(tokens) {
        let parsed = (|input: ParseStream<'_>| args.read(input, errors)).parse2(piece);
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    args
}

impl Args {
    fn read(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let word = Ident::parse_any(input).map_err(|error| {
            self.ttl_meant |= input.peek(Lit);
            syn::Error::new(error.span(), "an argument begins with its name, like `ttl = 3600`")
        })?;
        let name = &*word.to_string();
        let Some((argument, example)) = Argument::named(name) else {
            self.ttl_meant |= meant(&word) == Some("ttl");
            // Its value is not looked at: it would only say the same thing twice.
            input.parse::<TokenStream>()?;
            return Err(reserved(&word).unwrap_or_else(|| unknown(&word)));
        };
        self.ttl_meant |= name == "ttl";
        let rule = if name == example { "takes no value: write" } else { "is written" };
        let misuse = || syn::Error::new(word.span(), format!("`{name}` {rule} `{example}`"));
        let given = given(input, name, example)?;
        self.take(argument, &word, given, misuse, errors)
    }

    /// Stores what was given for an argument, or says how the argument is written.
    fn take(
        &mut self,
        argument: Argument,
        word: &Ident,
        given: Given,
        misuse: impl FnOnce() -> syn::Error,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match (argument, given) {
            (Argument::Name, Given::Value(value)) => set(&mut self.name, word, value, errors),
            (Argument::Cache, Given::Value(value)) => set(&mut self.cache, word, value, errors),
            (Argument::Ttl, Given::Value(value)) => set(&mut self.ttl, word, value, errors),
            (Argument::Capacity, Given::Value(value)) => {
                set(&mut self.capacity, word, value, errors);
            }
            (Argument::Version, Given::Value(value)) => set(&mut self.version, word, value, errors),
            (Argument::Backend, Given::Value(value)) => set(&mut self.backend, word, value, errors),
            (Argument::Engine, Given::Value(value)) => set(&mut self.engine, word, value, errors),
            (Argument::Eviction, Given::Value(value)) => {
                set(&mut self.eviction, word, value, errors);
            }
            (Argument::MaxBytes, Given::Value(value)) => {
                set(&mut self.max_bytes, word, value, errors);
            }
            (Argument::Weigh, Given::Value(value)) => set(&mut self.weigh, word, value, errors),
            (Argument::Stale, Given::Value(value)) => set(&mut self.stale, word, value, errors),
            (Argument::StaleIfError, Given::Value(value)) => {
                set(&mut self.stale_if_error, word, value, errors);
            }
            (Argument::RetryAfter, Given::Value(value)) => {
                set(&mut self.retry_after, word, value, errors);
            }
            (Argument::CacheIf, Given::Value(value)) => {
                set(&mut self.cache_if, word, value, errors);
            }
            (Argument::TtlOf, Given::Value(value)) => set(&mut self.ttl_of, word, value, errors),
            (Argument::Refresh, Given::Value(value)) => set(&mut self.refresh, word, value, errors),
            (Argument::NoneTtl, Given::Value(value)) => {
                set(&mut self.none_ttl, word, value, errors);
            }
            (Argument::ErrTtl, Given::Value(value)) => set(&mut self.err_ttl, word, value, errors),
            (Argument::ShareErr, Given::Value(value)) => {
                set(&mut self.share_err, word, value, errors);
            }
            (Argument::MemoryTtl, Given::Value(value)) => {
                set(&mut self.memory_ttl, word, value, errors);
            }
            (Argument::LoadTimeout, Given::Value(value)) => {
                set(&mut self.load_timeout, word, value, errors);
            }
            (Argument::SoftTimeout, Given::Value(value)) => {
                set(&mut self.soft_timeout, word, value, errors);
            }
            (Argument::Cost, Given::Value(value)) => set(&mut self.cost, word, value, errors),
            (Argument::FailedCost, Given::Value(value)) => {
                set(&mut self.failed_cost, word, value, errors);
            }
            (Argument::Budget, Given::Value(value)) => set(&mut self.budget, word, value, errors),
            (Argument::Batch, Given::Value(value)) => set(&mut self.batch, word, value, errors),
            (Argument::Max, Given::Value(value)) => set(&mut self.max, word, value, errors),
            (Argument::Parallel, Given::Value(value)) => {
                set(&mut self.parallel, word, value, errors);
            }
            (Argument::Crate, Given::Value(value)) => set(&mut self.krate, word, value, errors),
            (Argument::Companions, Given::Value(value)) => {
                set(&mut self.companions, word, value, errors);
            }
            (Argument::Detach, Given::Nothing) => set(&mut self.detach, word, (), errors),
            (Argument::Local, Given::Nothing) => set(&mut self.local, word, (), errors),
            (Argument::Key, Given::List(list)) => {
                set(&mut self.key, word, expressions(&list)?, errors);
            }
            (Argument::Skip, Given::List(list)) => {
                set(&mut self.skip, word, parameters(&list)?, errors);
            }
            (Argument::Tags, Given::List(list)) => {
                set(&mut self.tags, word, tags(&list)?, errors);
            }
            _ => return Err(misuse()),
        }
        Ok(())
    }
}

/// Stores an argument. The one place where a second one is noticed.
fn set<T>(slot: &mut Option<Arg<T>>, word: &Ident, value: T, errors: &mut Errors) {
    if slot.is_some() {
        errors.at(word, format!("`{word}` is given twice: keep one"));
    } else {
        *slot = Some(Arg { word: word.clone(), value });
    }
}

/// Returns the argument that is meant by an unknown word.
pub(crate) fn meant(word: &Ident) -> Option<&'static str> {
    let of_others =
        OTHER_WORDS.into_iter().find(|(_, words)| words.iter().any(|other| word == other));
    of_others.map_or_else(|| nearest(word, names()), |(name, _)| Some(name))
}

fn unknown(word: &Ident) -> syn::Error {
    let way_out = did_you_mean(meant(word), || {
        format!("it takes `{}`", names().collect::<Vec<_>>().join("`, `"))
    });
    syn::Error::new(word.span(), format!("`{word}` is not an argument of `#[cached]`: {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_of_this_version_is_read() {
        for name in names() {
            let (_, example) = Argument::named(name).expect(name);
            assert!(example.starts_with(name), "{example}");
        }
    }
}
