//! The arguments as written: the words that were given and their tokens. `values` checks what they
//! say.

mod given;

use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, Lit,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use self::given::{Given, expressions, given, parameters};
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
    pub(crate) version: Option<Arg<Expr>>,
    pub(crate) backend: Option<Arg<Expr>>,
    pub(crate) local: Option<Arg<()>>,
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
    Version,
    Backend,
    Local,
    Crate,
}

/// The one list of the arguments' names. The third column shows how each is written.
const ARGUMENTS: [(&str, Argument, &str); 10] = [
    ("name", Argument::Name, "name = \"orders\""),
    ("cache", Argument::Cache, "cache = USERS"),
    ("ttl", Argument::Ttl, "ttl = 3600"),
    ("capacity", Argument::Capacity, "capacity = 50_000"),
    ("key", Argument::Key, "key(tenant, id)"),
    ("skip", Argument::Skip, "skip(db)"),
    ("version", Argument::Version, "version = 2"),
    ("backend", Argument::Backend, "backend = \"redis\""),
    ("local", Argument::Local, "local"),
    ("crate", Argument::Crate, "crate = path::to::cachery"),
];

/// The words that other caches have for `ttl`.
const OTHER_WORDS_FOR_TTL: [&str; 8] =
    ["time", "time_to_live", "timeout", "expire", "expires", "expiry", "duration", "max_age"];

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
        let Some((name, argument, example)) = lookup(&word) else {
            self.ttl_meant |= meant(&word) == Some("ttl");
            // Its value is not looked at: it would only say the same thing twice.
            input.parse::<TokenStream>()?;
            return Err(unknown(&word));
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
            (Argument::Capacity, Given::Value(value)) => set(&mut self.capacity, word, value, errors),
            (Argument::Version, Given::Value(value)) => set(&mut self.version, word, value, errors),
            (Argument::Backend, Given::Value(value)) => set(&mut self.backend, word, value, errors),
            (Argument::Crate, Given::Value(value)) => set(&mut self.krate, word, value, errors),
            (Argument::Local, Given::Nothing) => set(&mut self.local, word, (), errors),
            (Argument::Key, Given::List(list)) => set(&mut self.key, word, expressions(&list)?, errors),
            (Argument::Skip, Given::List(list)) => set(&mut self.skip, word, parameters(&list)?, errors),
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

fn lookup(word: &Ident) -> Option<(&'static str, Argument, &'static str)> {
    ARGUMENTS.into_iter().find(|(name, ..)| word == name)
}

fn meant(word: &Ident) -> Option<&'static str> {
    if OTHER_WORDS_FOR_TTL.iter().any(|other| word == other) {
        return Some("ttl");
    }
    nearest(word, names())
}

fn unknown(word: &Ident) -> syn::Error {
    let way_out = did_you_mean(meant(word), || format!("it takes `{}`", names().join("`, `")));
    syn::Error::new(word.span(), format!("`{word}` is no argument of `#[cached]`: {way_out}"))
}

fn names() -> [&'static str; ARGUMENTS.len()] {
    ARGUMENTS.map(|(name, ..)| name)
}
