//! The source around a function, which an attribute is not given.
//!
//! It is read only to explain what the compiler would say in many words or in none of ours, and
//! only where it is indented as usual. What is not found here is left to the compiler. An attribute
//! runs unoptimised for each function, so nothing here looks at every line of a file.

use std::fs;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{ItemImpl, ItemUse, UseTree, ext::IdentExt as _};

use crate::shared::{companion::Companion, tokens::written};

/// The source of the file that a function stands in, if it can be read.
#[derive(Default)]
pub(super) struct Surroundings {
    source: String,
    /// The place of the function's line.
    place: usize,
    /// The white space before the function.
    indentation: String,
}

impl Surroundings {
    /// Reads the source around the function `ident`.
    pub(super) fn of(ident: &Ident) -> Self {
        read(ident.span(), &ident.to_string()).unwrap_or_default()
    }

    /// Returns the first words of the impl of a trait that the function stands in, as in `impl
    /// Orders for Repo`.
    pub(super) fn trait_impl(&self) -> Option<String> {
        let mut header = String::new();
        let opener = indentation(self.source[..self.block()].lines().next_back()?);
        for line in self.source[..self.block()].lines().rev() {
            header.insert_str(0, &format!("{line}\n"));
            let begins = line.trim_start().starts_with(['i', 'u', 'd']);
            if begins && indentation(line) == opener {
                break;
            }
        }
        let block: ItemImpl = syn::parse_str(&format!("{header}}}")).ok()?;
        let (path, _) = block.trait_.as_ref()?;
        Some(format!("impl {} for {}", written(path), written(&block.self_ty)))
    }

    /// Returns the kind of the item beside the function that is called `name`, as a type would be.
    pub(super) fn named_like_type(&self, name: &Ident) -> Option<&'static str> {
        const KINDS: [(&str, &str); 6] = [
            ("mod", "a module"),
            ("struct", "a struct"),
            ("enum", "an enum"),
            ("union", "a union"),
            ("type", "a type"),
            ("trait", "a trait"),
        ];
        let name = name.unraw().to_string();
        self.source.match_indices(&name).find_map(|(place, _)| {
            let line = self.line(place);
            let declared = KINDS.iter().find(|(word, _)| declares(line, word, &name));
            match declared {
                Some((word, kind)) if self.is_beside(place) && self.is_code(word, &name) => {
                    Some(*kind)
                }
                // A macro may have the name of a function and of a type.
                None if self.imports(place, &name)
                    && !self.source.contains(&format!("{name}!")) =>
                {
                    Some("an imported module")
                }
                _ => None,
            }
        })
    }

    /// Returns the companion of `method` whose name another function of the impl has.
    pub(super) fn named_like_companion(&self, method: &Ident) -> Option<Ident> {
        let names = Companion::PUBLIC.map(|companion| companion.of_method(method));
        let stem = format!("{}_", method.unraw());
        self.source.match_indices(&stem).find_map(|(place, _)| {
            let line = self.line(place);
            let taken = names.iter().find(|name| declares(line, "fn", &name.to_string()));
            taken
                .filter(|name| self.is_beside(place) && self.is_code("fn", &name.to_string()))
                .cloned()
        })
    }

    /// Returns the line at `place`.
    fn line(&self, place: usize) -> &str {
        let start = self.source[..place].rfind('\n').map_or(0, |end| end + 1);
        self.source[start..].split('\n').next().unwrap_or_default()
    }

    /// Returns true if `keyword name` is somewhere in the file outside of comments and texts.
    fn is_code(&self, keyword: &str, name: &str) -> bool {
        let tokens = self.source.parse().unwrap_or_default();
        follows(tokens, keyword, name)
    }

    /// Returns true if the item at `place` is in the function's block, and not behind a `cfg`,
    /// which may be another one's.
    fn is_beside(&self, place: usize) -> bool {
        let start = self.source[..place].rfind('\n').map_or(0, |end| end + 1);
        let between = &self.source[start.min(self.place)..start.max(self.place)];
        let attributes = self.source[..start]
            .lines()
            .rev()
            .take_while(|line| line.trim_start().starts_with('#'));
        indentation(self.line(place)) == self.indentation.len()
            && !between.lines().any(|line| self.is_outside(line))
            && !attributes.into_iter().any(|line| line.trim_start().starts_with("#[cfg"))
    }

    /// Returns true if `line` is less indented than the function.
    fn is_outside(&self, line: &str) -> bool {
        !line.starts_with(&self.indentation) && !line.trim_start().is_empty()
    }

    /// Returns the place at which the function's block begins.
    fn block(&self) -> usize {
        let before = &self.source[..self.place];
        let inside: usize = before
            .split_inclusive('\n')
            .rev()
            .take_while(|line| !self.is_outside(line))
            .map(str::len)
            .sum();
        before.len() - inside
    }

    /// Returns true if `name` at `place` is imported from where names in small letters are modules.
    fn imports(&self, place: usize, name: &str) -> bool {
        let begins = |keyword: &str| {
            let line = format!("\n{}{keyword}", self.indentation);
            self.source[..place].rfind(&line).map(|end| end + 1)
        };
        let first = self.source.starts_with("use ").then_some(0);
        let Some(start) = begins("use ").max(begins("pub use ")).max(first) else { return false };
        let Some(length) = self.source[start..].find(';') else { return false };
        start + length > place
            && self.is_beside(start)
            && syn::parse_str(&self.source[start..=start + length])
                .is_ok_and(|import: ItemUse| imports_module(&import.tree, name))
    }
}

/// Reads the file around the line that is at `span` and has the word `name`.
fn read(span: Span, name: &str) -> Option<Surroundings> {
    if !proc_macro::is_available() {
        return None;
    }
    let span = span.unwrap();
    let source = fs::read_to_string(span.local_file()?).ok()?;
    let before = source.split_inclusive('\n').take(span.line().checked_sub(1)?);
    let place = before.map(str::len).sum();
    let line = source[place..].split('\n').next().filter(|line| line.contains(name))?;
    let indentation = line[..indentation(line)].to_owned();
    Some(Surroundings { source, place, indentation })
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns true if `line` declares `name` by `keyword`, behind whatever visibility.
fn declares(line: &str, keyword: &str, name: &str) -> bool {
    const BEFORE: [&str; 9] =
        ["pub", "crate", "super", "self", "in", "async", "const", "unsafe", "extern"];
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut words = words.filter(|word| !word.is_empty()).skip_while(|word| BEFORE.contains(word));
    words.next() == Some(keyword) && words.next() == Some(name)
}

fn follows(tokens: TokenStream, keyword: &str, name: &str) -> bool {
    let mut before = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => follows(group.stream(), keyword, name),
        TokenTree::Ident(ident) if before && ident.unraw() == name => true,
        token => {
            before = matches!(&token, TokenTree::Ident(ident) if ident == keyword);
            false
        }
    })
}

fn imports_module(tree: &UseTree, name: &str) -> bool {
    const PLACES: [&str; 6] = ["std", "core", "alloc", "crate", "self", "super"];
    let UseTree::Path(path) = tree else { return false };
    PLACES.iter().any(|word| path.ident == word) && has_leaf(tree, None, name)
}

fn has_leaf(tree: &UseTree, parent: Option<&Ident>, name: &str) -> bool {
    match tree {
        UseTree::Path(path) => has_leaf(&path.tree, Some(&path.ident), name),
        UseTree::Name(leaf) if leaf.ident == "self" => parent.is_some_and(|parent| parent == name),
        UseTree::Name(leaf) => leaf.ident == name,
        UseTree::Rename(leaf) => leaf.rename == name,
        UseTree::Group(group) => group.items.iter().any(|item| has_leaf(item, parent, name)),
        UseTree::Glob(_) => false,
    }
}
