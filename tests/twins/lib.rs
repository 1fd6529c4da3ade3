//! The tests of async functions, once more for functions that are not async: each rule of the
//! attributes holds for both, so its test is written once.

use std::{collections::HashSet, fs, iter, path::Path};

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Includes the tests of a file, each `async` and `.await` left out, and each cache's name with
/// `-sync` at its end. The file's path begins at the package's folder.
///
/// A block `async { .. }` becomes a closure, which `sync_scope` or `alone` runs. What is awaited
/// of a handle, whose functions are async for both, is run by `now()`. A test that uses `tokio`
/// itself has no twin.
///
/// # Panics
///
/// Panics, which is an error where the macro stands, when the file cannot be read.
#[proc_macro]
pub fn without_async(path: TokenStream) -> TokenStream {
    let literal = path.to_string();
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let file = Path::new(&root).join(literal.trim_matches('"'));
    let text = fs::read_to_string(&file).expect("the path begins at the package's folder");
    let tokens: TokenStream = text.parse().expect("a file that compiles is made of tokens");
    let names = names(tokens.clone());
    let twin = Twin { names: &names }.of(tokens);
    // So that a change of the file makes the twin anew.
    let watched: TokenStream =
        format!("const _: &[u8] = include_bytes!({:?});", file.display().to_string())
            .parse()
            .expect("one item");
    watched.into_iter().chain(twin).collect()
}

/// Returns the literals that name a cache: a field `name` of some value has no hyphen.
fn names(tokens: TokenStream) -> HashSet<String> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let here = tokens.windows(3).filter_map(|three| match three {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(text)]
            if name.to_string() == "name" && text.to_string().contains('-') =>
        {
            Some(text.to_string())
        }
        _ => None,
    });
    let within = tokens.iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(names(group.stream())),
        _ => None,
    });
    here.chain(within.flatten()).collect()
}

struct Twin<'a> {
    names: &'a HashSet<String>,
}

impl Twin<'_> {
    fn of(&self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut twin = Vec::new();
        let mut rest = &tokens[..];
        while let Some((token, after)) = rest.split_first() {
            rest = match words(rest) {
                ["#", "!", ..] => &rest[3..],
                ["#", "[tokio::test]", ..] if uses_tokio(rest) => after_item(rest),
                ["#", "[tokio::test]", ..] => {
                    twin.extend([token.clone(), group(Delimiter::Bracket, [ident("test")])]);
                    &rest[2..]
                }
                ["async", "fn", "alone"] => after_item(rest),
                ["async", "fn", ..] => after,
                ["async", "move", "{}"] => {
                    twin.push(rest[1].clone());
                    twin.extend(no_parameters());
                    &rest[2..]
                }
                ["async", "{}", ..] => {
                    twin.extend(no_parameters());
                    after
                }
                [".", "await", ..] => {
                    if is_of_a_handle(&twin) {
                        let now = [token.clone(), ident("now"), group(Delimiter::Parenthesis, [])];
                        twin.extend(now);
                    }
                    &rest[2..]
                }
                [".", "scope", ..] => {
                    twin.extend([token.clone(), ident("sync_scope")]);
                    &rest[2..]
                }
                _ => {
                    twin.push(self.of_one(token));
                    after
                }
            };
        }
        twin.into_iter().collect()
    }

    fn of_one(&self, token: &TokenTree) -> TokenTree {
        match token {
            TokenTree::Group(inner) => {
                let mut twin = Group::new(inner.delimiter(), self.of(inner.stream()));
                twin.set_span(inner.span());
                twin.into()
            }
            TokenTree::Literal(text) if self.names.contains(&text.to_string()) => {
                let name = text.to_string();
                Literal::string(&format!("{}-sync", name.trim_matches('"'))).into()
            }
            other => other.clone(),
        }
    }
}

/// Returns the texts of the next three tokens; of a block only its braces.
fn words(rest: &[TokenTree]) -> [&'static str; 3] {
    // Only these words decide.
    const KNOWN: [&str; 11] =
        ["#", "!", "[tokio::test]", "async", "fn", "alone", "move", "{}", ".", "await", "scope"];
    let text = |token: &TokenTree| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => "{}".to_owned(),
        other => other.to_string().replace(' ', ""),
    };
    let known = |token| KNOWN.into_iter().find(|known| *known == text(token)).unwrap_or_default();
    let mut three = rest.iter().map(known).chain(iter::repeat(""));
    std::array::from_fn(|_| three.next().unwrap_or_default())
}

/// Returns what follows the next item, which ends with its block.
fn after_item(rest: &[TokenTree]) -> &[TokenTree] {
    let block = rest.iter().position(
        |token| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    );
    block.map_or(&[], |block| &rest[block + 1..])
}

fn uses_tokio(rest: &[TokenTree]) -> bool {
    let item = &rest[2..rest.len() - after_item(rest).len()];
    item.iter().any(|token| token.to_string().contains("tokio"))
}

/// Tells whether the expression at the end is a call of a handle: `f::cache()` or a static.
fn is_of_a_handle(twin: &[TokenTree]) -> bool {
    let expression = twin.iter().rev().take_while(|token| match token {
        TokenTree::Punct(punct) => matches!(punct.as_char(), '.' | ':' | '<' | '>'),
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        TokenTree::Ident(_) => true,
        TokenTree::Literal(_) => false,
    });
    expression.filter(|token| matches!(token, TokenTree::Ident(_))).any(|token| {
        let name = token.to_string();
        name == "cache" || name.len() > 1 && name.chars().all(|one| one.is_ascii_uppercase())
    })
}

fn no_parameters() -> [TokenTree; 2] {
    [Punct::new('|', Spacing::Alone).into(), Punct::new('|', Spacing::Alone).into()]
}

fn ident(name: &str) -> TokenTree {
    Ident::new(name, Span::call_site()).into()
}

fn group<const N: usize>(delimiter: Delimiter, tokens: [TokenTree; N]) -> TokenTree {
    Group::new(delimiter, tokens.into_iter().collect()).into()
}
