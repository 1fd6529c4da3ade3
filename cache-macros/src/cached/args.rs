//! The arguments as written: which were given, where, with what tokens. Their values are checked by `validate`.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{
    Expr, Ident, Lit, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse as _, ParseStream, Parser as _},
    token,
};

use crate::{errors::Errors, pieces::split_at_commas};

/// One argument of the attribute: the word that was written and what followed it.
pub(crate) struct Arg<T> {
    pub(crate) word: Ident,
    pub(crate) value: T,
}

/// What was given, each at most once.
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
    /// `ttl` is not missing when it is only written wrong.
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

/// The one list of the arguments' names; the third column shows how each is written.
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

/// What other caches call the ttl.
const OTHER_WORDS_FOR_TTL: [&str; 8] =
    ["time", "time_to_live", "timeout", "expire", "expires", "expiry", "duration", "max_age"];

/// What follows an argument's word.
enum Given {
    Nothing,
    Value(Expr),
    List(Group),
}

impl Args {
    fn read(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let word = Ident::parse_any(input).map_err(|error| {
            self.ttl_meant |= input.peek(Lit);
            syn::Error::new(error.span(), "an argument begins with its name, like `ttl = 3600`")
        })?;
        let Some((name, argument, example)) = lookup(&word) else {
            self.ttl_meant |= near(&word) == Some("ttl");
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

    /// Files what was given under its argument, or says how the argument is written.
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

/// The one place where an argument is stored, and so where a second one is noticed.
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

fn near(word: &Ident) -> Option<&'static str> {
    if OTHER_WORDS_FOR_TTL.iter().any(|other| word == other) {
        return Some("ttl");
    }
    cachery_syntax::nearest(&word.to_string(), ARGUMENTS.map(|(name, ..)| name))
}

fn unknown(word: &Ident) -> syn::Error {
    let way_out = match near(word) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes `{}`", ARGUMENTS.map(|(name, ..)| name).join("`, `")),
    };
    syn::Error::new(word.span(), format!("`{word}` is no argument of `#[cached]`: {way_out}"))
}

fn given(input: ParseStream<'_>, name: &str, example: &str) -> syn::Result<Given> {
    let given = if input.is_empty() {
        Given::Nothing
    } else if input.peek(Token![=]) {
        Given::Value(value(input, name, example)?)
    } else if input.peek(token::Paren) {
        Given::List(input.parse()?)
    } else {
        return Err(input.error(format!("expected `,`, or `{example}`")));
    };
    if input.is_empty() { Ok(given) } else { Err(input.error(format!("expected `,` after `{name}`"))) }
}

fn value(input: ParseStream<'_>, name: &str, example: &str) -> syn::Result<Expr> {
    let equals = input.parse::<Token![=]>()?;
    input.parse().map_err(|error| {
        // The end of one argument is a place that only we know.
        let unfinished =
            || syn::Error::new_spanned(equals, format!("`{name}` has no value: write `{example}`"));
        if input.is_empty() { unfinished() } else { error }
    })
}

/// What stands between the parentheses; an error at their end points at the closing one.
fn listed<T>(list: &Group, item: fn(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let parse = |input: ParseStream<'_>| {
        let inside;
        parenthesized!(inside in input);
        inside.parse_terminated(item, Token![,])
    };
    parse.parse2(TokenTree::from(list.clone()).into()).map(Vec::from_iter)
}

fn expressions(list: &Group) -> syn::Result<Vec<Expr>> {
    let parsed = listed(list, Expr::parse)?;
    if parsed.is_empty() {
        let message = "`key()` is empty: list what tells one call from another, or leave it out";
        return Err(syn::Error::new(list.span(), message));
    }
    Ok(parsed)
}

/// A name, without the `&` that its type has.
fn parameter(input: ParseStream<'_>) -> syn::Result<Ident> {
    let rule = "`skip` lists parameters by their names";
    let reference = input.parse::<Option<Token![&]>>()?;
    let name = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), format!("{rule}, like `skip(self, db)`")));
    match (reference, name) {
        (None, Ok(name)) if input.is_empty() || input.peek(Token![,]) => Ok(name),
        (None, Ok(_)) => Err(input.error(format!("{rule}, like `skip(self, db)`"))),
        (Some(and), Ok(name)) => Err(syn::Error::new_spanned(and, format!("{rule}: write `skip({name})`"))),
        (_, Err(error)) => Err(error),
    }
}

fn parameters(list: &Group) -> syn::Result<Vec<Ident>> {
    let parsed = listed(list, parameter)?;
    if parsed.is_empty() {
        let message =
            "`skip()` is empty: name the parameters that do not tell one call from another, or leave it out";
        return Err(syn::Error::new(list.span(), message));
    }
    Ok(parsed)
}
