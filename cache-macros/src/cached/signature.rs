//! What the attribute stands on: the function, taken apart as far as the later phases need it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Ident, Pat, PatType, PathArguments, PathSegment,
    Receiver, ReturnType, Signature, Type, Visibility,
    parse::{ParseStream, Parser as _},
    token,
    visit::Visit,
};

use crate::errors::Errors;

/// A function whose body is kept as tokens: it is spliced as it was written, and reading it would cost every build.
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) body: Group,
    /// The parameters after `self`.
    pub(super) params: Vec<Param>,
    /// Whether it stands in an impl: it has a receiver, or names `Self`.
    pub(super) associated: bool,
}

pub(super) struct Param {
    /// The name it is known by; a pattern has none.
    pub(super) name: Option<Ident>,
    pub(super) declared: PatType,
}

impl Function {
    pub(super) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        match read.parse2(item) {
            Ok(function) => Some(function),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    pub(super) fn receiver(&self) -> Option<&Receiver> {
        self.sig.receiver()
    }

    /// The return type, without the parentheses and invisible groups around it.
    pub(super) fn returns(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, ty) => Some(peel(ty)),
            ReturnType::Default => None,
        }
    }

    /// The function's own type parameters; those of an impl around it cannot be seen.
    pub(super) fn type_params(&self) -> impl Iterator<Item = &Ident> {
        self.sig.generics.type_params().map(|param| &param.ident)
    }

    /// What the function's generics are called with; lifetimes are inferred.
    pub(super) fn generic_arguments(&self) -> Vec<&Ident> {
        let params = self.sig.generics.params.iter();
        let arguments = params.filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        });
        arguments.collect()
    }
}

fn read(input: ParseStream<'_>) -> syn::Result<Function> {
    let attrs = Attribute::parse_outer(input)?;
    let vis = input.parse()?;
    let start = input.cursor().token_stream().into_iter().next();
    let sig: Signature = match input.parse() {
        Ok(sig) => sig,
        Err(_) => return Err(no_function(start)),
    };
    if !input.peek(token::Brace) {
        let message = "`#[cached]` needs a function with a body: cache the function that implements this one";
        return Err(syn::Error::new_spanned(&sig.ident, message));
    }
    let body: Group = input.parse()?;
    let params = sig.inputs.iter().filter_map(param).collect();
    let associated = sig.receiver().is_some() || signature_names_self(&sig) || body_names_self(body.stream());
    Ok(Function { attrs, vis, sig, body, params, associated })
}

fn no_function(start: Option<TokenTree>) -> syn::Error {
    syn::Error::new_spanned(
        start,
        "`#[cached]` stands on an `async fn`: move it to the function that loads the value",
    )
}

fn param(input: &FnArg) -> Option<Param> {
    let FnArg::Typed(declared) = input else { return None };
    let name = match &*declared.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        _ => None,
    };
    Some(Param { name, declared: declared.clone() })
}

/// `Self` in a type, a bound or a pattern.
fn signature_names_self(sig: &Signature) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
    }
    let mut finder = Finder(false);
    finder.visit_signature(sig);
    finder.0
}

/// Whether `Self` is meant from outside: what an inner item calls `Self` is its own affair.
fn body_names_self(tokens: TokenStream) -> bool {
    let tokens = Vec::from_iter(tokens);
    let mut in_item = false;
    let mut at_start = true;
    for (place, token) in tokens.iter().enumerate() {
        match token {
            // The block of an item ends it; a `;` ends one without a block.
            TokenTree::Group(group) if in_item => in_item = group.delimiter() != Delimiter::Brace,
            TokenTree::Group(group) if body_names_self(group.stream()) => return true,
            TokenTree::Punct(punct) if punct.as_char() == ';' => in_item = false,
            TokenTree::Ident(ident) if ident == "Self" && !in_item => return true,
            TokenTree::Ident(ident) => in_item |= begins_item(ident, at_start, tokens.get(place + 1)),
            _ => {}
        }
        at_start = begins_statement(token, at_start);
    }
    false
}

/// `fn` is also a type, `union` a method and `impl` a bound.
fn begins_item(word: &Ident, at_start: bool, next: Option<&TokenTree>) -> bool {
    const NAMED: [&str; 5] = ["trait", "struct", "enum", "union", "fn"];
    let named = NAMED.iter().any(|item| word == item) && matches!(next, Some(TokenTree::Ident(_)));
    named || at_start && word == "impl"
}

/// Whether a statement begins after `token`: its attributes, and the `unsafe` of an item, leave it to begin.
fn begins_statement(token: &TokenTree, at_start: bool) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';' || at_start && punct.as_char() == '#',
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::Brace || at_start && group.delimiter() == Delimiter::Bracket
        }
        TokenTree::Ident(word) => at_start && word == "unsafe",
        TokenTree::Literal(_) => false,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The first type among the arguments of `Result<T, E>`.
pub(crate) fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(peel(ty)),
        _ => None,
    })
}

/// Whether it is a `Result` by its name, which is all that can be seen of it. The compiler confirms it.
pub(crate) fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => peel(&inner.elem),
        Type::Group(inner) => peel(&inner.elem),
        _ => ty,
    }
}
