//! `tags(..)`: the values of tags that an entry gets, each written as a call of the declaration.

use syn::{Expr, ExprCall, Ident, Path};

use super::{
    super::function::Function,
    key::Key,
    key_expression::{EXCLUSIVE_IN_TAGS, is_exclusive, looks_like_constant},
    key_names::{self, Kind},
    key_use::Use,
    named::{self, Named},
};
use crate::shared::{arguments::Args, errors::Errors, suggestion::nearest};

/// One value of a tag, as the attribute names it.
pub(in super::super) struct Tag {
    /// The path of the declaration.
    pub(in super::super) declared: Path,
    /// The value, or the parts of one.
    pub(in super::super) args: Vec<Expr>,
    /// The word `result`, where the value of the tag is taken from what the function returns.
    pub(in super::super) result: Option<Ident>,
}

pub(super) fn check(args: &Args, function: &Function, key: &Key, errors: &mut Errors) -> Vec<Tag> {
    let before = errors.count();
    let listed = args.tags.iter().flat_map(|tags| &tags.value);
    let tags: Vec<_> = listed.filter_map(|expr| tag(expr, function, key, errors)).collect();
    // Beside an error they would only say it twice.
    if errors.count() == before { tags } else { Vec::new() }
}

fn tag(expr: &Expr, function: &Function, key: &Key, errors: &mut Errors) -> Option<Tag> {
    let Some((declared, args)) = call(expr) else {
        errors.at(expr, not_a_call(expr));
        return None;
    };
    let names: Vec<_> =
        args.iter().flat_map(|arg| key_names::of(arg, Kind::OfTag, errors).used).collect();
    let result = names.iter().find(|word| is_result(word, function)).cloned();
    for word in names {
        match result {
            Some(_) => check_beside_result(&word, declared, function, errors),
            None => check_name(&word, function, key, errors),
        }
    }
    Some(Tag { declared: declared.clone(), args: args.iter().cloned().collect(), result })
}

/// Tells whether `word` stands for what the function returns. A parameter of that name comes first.
fn is_result(word: &Ident, function: &Function) -> bool {
    word == "result" && named::find(word, function).is_none()
}

type Arguments = syn::punctuated::Punctuated<Expr, syn::Token![,]>;

/// Returns the path that is called, and the arguments.
fn call(expr: &Expr) -> Option<(&Path, &Arguments)> {
    let Expr::Call(ExprCall { func, args, .. }) = expr else { return None };
    match &**func {
        Expr::Path(path) if path.qself.is_none() => Some((&path.path, args)),
        _ => None,
    }
}

fn not_a_call(expr: &Expr) -> String {
    match expr {
        Expr::Path(path) if path.qself.is_none() => {
            let tag = crate::shared::tokens::written(path);
            format!("a tag says which value the entry has: write `{tag}(..)` with a parameter")
        }
        _ => "a tag is written as a call of its declaration: `tags(TENANT(tenant))`".to_owned(),
    }
}

/// Checks a name in an argument: a parameter forms the key, because the companions have no others.
fn check_name(word: &Ident, function: &Function, key: &Key, errors: &mut Errors) {
    match named::find(word, function) {
        Some(param) if is_exclusive(param, function) => errors.at(word, EXCLUSIVE_IN_TAGS),
        Some(param) if usage(param, key) == Use::Skipped => errors.at(word, skipped(word)),
        None if !looks_like_constant(word) => {
            errors.at(word, unknown(word, function));
        }
        Some(_) | None => {}
    }
}

/// Says that `word` is neither a parameter nor the returned value.
fn unknown(word: &Ident, function: &Function) -> String {
    if named::find_near(word, function).is_none() && nearest(word, ["result"]).is_some() {
        return format!(
            "`{word}` in `tags(..)` is not a parameter: did you mean `result`, the returned value?"
        );
    }
    named::no_parameter(word, "tags", function)
}

/// Checks a name in a tag over the result, whose value is known when the arguments are gone.
fn check_beside_result(word: &Ident, tag: &Path, function: &Function, errors: &mut Errors) {
    if is_result(word, function) || looks_like_constant(word) {
        return;
    }
    let tag = crate::shared::tokens::written(tag);
    let message = match named::find(word, function) {
        Some(_) => format!(
            "`{tag}(..)` names `result`, and is made when the function has returned and its \
             parameters are gone: return what `{word}` stands for as a part of the value, or write \
             two tags, one over `{word}` and one over `result`"
        ),
        None => format!(
            "`{word}` is not known in a tag over `result`, which is the returned value: use its \
             fields and methods, and constants"
        ),
    };
    errors.at(word, message);
}

fn usage(param: Named, key: &Key) -> Use {
    match param {
        Named::Receiver => key.receiver,
        Named::Param(place) => key.params[place],
    }
}

fn skipped(word: &Ident) -> String {
    format!(
        "`{word}` does not form the key, so the companions cannot find the tag: make the value a \
         parameter that is not in `skip(..)`, or a part of `key(..)`"
    )
}
