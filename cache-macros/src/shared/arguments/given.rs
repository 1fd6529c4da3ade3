//! The part of an argument that follows its word: a value, a list, or nothing.

use proc_macro2::{Group, TokenTree};
use syn::{
    Expr, Ident, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse as _, ParseStream, Parser as _},
    token,
};

/// The part of an argument that follows its word.
pub(super) enum Given {
    Nothing,
    Value(Expr),
    List(Group),
}

/// Reads what follows the word of the argument `name`, which is written like `example`.
pub(super) fn given(input: ParseStream<'_>, name: &str, example: &str) -> syn::Result<Given> {
    let given = if input.is_empty() {
        Given::Nothing
    } else if input.peek(Token![=]) {
        Given::Value(value(input, name, example)?)
    } else if input.peek(token::Paren) {
        Given::List(input.parse()?)
    } else {
        return Err(input.error(format!("expected `,`, or `{example}`")));
    };
    if input.is_empty() {
        Ok(given)
    } else {
        Err(input.error(format!("expected `,` after `{name}`")))
    }
}

fn value(input: ParseStream<'_>, name: &str, example: &str) -> syn::Result<Expr> {
    let equals = input.parse::<Token![=]>()?;
    input.parse().map_err(|error| {
        // The parser would point at the end of the attribute: an argument's end is known only here.
        let unfinished =
            || syn::Error::new_spanned(equals, format!("`{name}` has no value: write `{example}`"));
        if input.is_empty() { unfinished() } else { error }
    })
}

/// Reads the items between the parentheses. An error at their end points at the closing one.
fn listed<T>(list: &Group, item: fn(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let parse = |input: ParseStream<'_>| {
        let inside;
        parenthesized!(inside in input);
        inside.parse_terminated(item, Token![,])
    };
    parse.parse2(TokenTree::from(list.clone()).into()).map(Vec::from_iter)
}

/// Reads the list of `key(..)`.
pub(super) fn expressions(list: &Group) -> syn::Result<Vec<Expr>> {
    let parsed = listed(list, Expr::parse)?;
    if parsed.is_empty() {
        let message = "`key()` is empty: list what tells one call from another, or leave it out";
        return Err(syn::Error::new(list.span(), message));
    }
    Ok(parsed)
}

/// Reads the list of `tags(..)`.
pub(super) fn tags(list: &Group) -> syn::Result<Vec<Expr>> {
    let parsed = listed(list, Expr::parse)?;
    if parsed.is_empty() {
        let message = "`tags()` is empty: write `tags(TENANT(tenant))`, or leave it out";
        return Err(syn::Error::new(list.span(), message));
    }
    Ok(parsed)
}

/// Reads the list of `skip(..)`.
pub(super) fn parameters(list: &Group) -> syn::Result<Vec<Ident>> {
    let parsed = listed(list, parameter)?;
    if parsed.is_empty() {
        let message = "`skip()` is empty: name the parameters that do not tell one call from another, or leave it out";
        return Err(syn::Error::new(list.span(), message));
    }
    Ok(parsed)
}

/// Reads a parameter's name, without the `&` that its type has.
fn parameter(input: ParseStream<'_>) -> syn::Result<Ident> {
    let rule = "`skip` lists parameters by their names";
    let reference = input.parse::<Option<Token![&]>>()?;
    let name = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), format!("{rule}, like `skip(self, db)`")));
    match (reference, name) {
        (None, Ok(name)) if input.is_empty() || input.peek(Token![,]) => Ok(name),
        (None, Ok(_)) => Err(input.error(format!("{rule}, like `skip(self, db)`"))),
        (Some(and), Ok(name)) => {
            Err(syn::Error::new_spanned(and, format!("{rule}: write `skip({name})`")))
        }
        (_, Err(error)) => Err(error),
    }
}
