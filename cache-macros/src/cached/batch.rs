//! `batch = texts`: the function is cached for each item of a list.
//!
//! The cache is that of a function for one item: its key, its value and its companions are made as
//! for any other. Only the wrapper and the body have the list.

mod list;
mod returned;

use proc_macro2::Ident;
use syn::{Expr, FnArg, Lit, Type, parse_quote_spanned, spanned::Spanned as _};

pub(super) use self::{list::List, returned::Returned};
use super::function::{Function, Param};
use crate::shared::{
    arguments::{Arg, Args},
    errors::Errors,
    item::Item,
    mentions::Mentions,
    suggestion::{did_you_mean, nearest},
    tokens::literal,
};

/// The list of a function that is cached for each of its items.
pub(super) struct Batch {
    /// The function as it was written.
    pub(super) whole: Item,
    /// The place of the list among the parameters.
    pub(super) place: usize,
    pub(super) list: List,
    /// The type of an item as the list holds it.
    pub(super) item: Type,
    /// The type of the list.
    pub(super) ty: Type,
    pub(super) returned: Returned,
    /// The most items of one run.
    pub(super) max: Option<usize>,
    /// The most runs at once.
    pub(super) parallel: Option<usize>,
}

/// Returns the function for one item, and the list; the function as it is where it has none, or a
/// wrong one.
pub(super) fn of_one_item(
    args: &Args,
    function: Function,
    errors: &mut Errors,
) -> (Function, Option<Batch>) {
    let Some(batch) = &args.batch else {
        for Arg { word, .. } in args.max.iter().chain(&args.parallel) {
            let message = format!("`{word}` is about batches: write `batch = texts`, too");
            errors.at(word, message);
        }
        return (function, None);
    };
    let before = errors.count();
    let [max, parallel] = [&args.max, &args.parallel].map(|arg| count(arg.as_ref(), errors));
    let place = place(batch, &function, errors);
    let list = place.and_then(|place| {
        runs_more_than_once(&function, place, errors);
        list::check(&function.params[place], errors)
    });
    is_async(batch, &function, errors);
    fits(args, &function, place, errors);
    let returned = function.returns().cloned();
    let returned = returned.and_then(|returns| returned::check(&returns, errors));
    match (place, list, returned) {
        (Some(place), Some((list, item)), Some((returned, of_one))) if errors.count() == before => {
            let ty = (*function.params[place].declared.ty).clone();
            let of_item = of_item(&item);
            let (function, whole) = with_types(function, place, &of_item, &of_one);
            let batch = Batch { whole, place, list, item, ty, returned, max, parallel };
            (function, Some(batch))
        }
        _ => (function, None),
    }
}

/// Returns the type of an item as the companions take it.
fn of_item(item: &Type) -> Type {
    let span = item.span();
    match list::owned_form(item) {
        list::Form::Text => parse_quote_spanned!(span=> &str),
        list::Form::List(of) => parse_quote_spanned!(span=> &[#of]),
        list::Form::Other => item.clone(),
    }
}

/// Replaces the type of the parameter at `place` and that of the value.
fn with_types(
    mut function: Function,
    place: usize,
    param: &Type,
    returns: &Type,
) -> (Function, Item) {
    let whole = function.item.clone();
    *function.params[place].declared.ty = param.clone();
    let inputs = function.item.sig.inputs.iter_mut();
    let typed = inputs.filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for typed in typed.skip(place).take(1) {
        *typed.ty = param.clone();
    }
    function.item.sig.output = parse_quote_spanned!(returns.span()=> -> #returns);
    (function, whole)
}

/// Returns the place of the parameter that the argument names.
fn place(batch: &Arg<Expr>, function: &Function, errors: &mut Errors) -> Option<usize> {
    let Some(word) = word(&batch.value) else {
        let message = "`batch` is the name of the parameter that lists the items: write `batch = \
                       texts`";
        errors.at(&batch.value, message);
        return None;
    };
    let place = function.params.iter().position(|param| param.name.as_ref() == Some(word));
    if place.is_none() {
        let names = function.params.iter().filter_map(|param| param.name.as_ref());
        let names: Vec<_> = names.map(Ident::to_string).collect();
        let near = nearest(word, names.iter().map(String::as_str));
        let way_out = did_you_mean(near, || match &*names {
            [] => "the function has no parameters".to_owned(),
            names => format!("the parameters are `{}`", names.join("`, `")),
        });
        errors.at(word, format!("`{word}` is not a parameter: {way_out}"));
    }
    place
}

fn word(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Group(group) => word(&group.expr),
        _ => None,
    }
}

/// Reads the value of `max` or `parallel`.
fn count(arg: Option<&Arg<Expr>>, errors: &mut Errors) -> Option<usize> {
    let Arg { word, value } = arg?;
    let number = match literal(value) {
        Some(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse().ok(),
        _ => None,
    };
    if number.is_none_or(|number: usize| number == 0) {
        let example = if word == "max" { "max = 100" } else { "parallel = 4" };
        let message = format!("`{word}` is a whole number above zero: write `{example}`");
        errors.at(value, message);
    }
    number
}

fn is_async(batch: &Arg<Expr>, function: &Function, errors: &mut Errors) {
    if !function.is_async() {
        let message = "`batch` waits for the items that others load: write `async fn`, or cache a \
                       function of one item";
        errors.at(&batch.word, message);
    }
}

/// Refuses what the function cannot be called with again, for the items that are left.
fn runs_more_than_once(function: &Function, place: usize, errors: &mut Errors) {
    let others = function.params.iter().enumerate().filter(|(other, _)| *other != place);
    for (_, Param { declared, .. }) in others {
        if let Type::Reference(reference) = &*declared.ty
            && reference.mutability.is_some()
        {
            let message = "one call of a batch may run the function several times at once, and they \
                           cannot share a `&mut`: take a `&Mutex<..>`";
            errors.at(&declared.ty, message);
        }
    }
}

/// Refuses arguments that do not go with a list.
fn fits(args: &Args, function: &Function, place: Option<usize>, errors: &mut Errors) {
    let name = place.and_then(|place| function.params[place].name.as_ref());
    let skipped = args.skip.iter().flat_map(|skip| &skip.value);
    for word in skipped.filter(|word| Some(*word) == name) {
        let message = format!("`{word}` tells one item from another: remove it from `skip(..)`");
        errors.at(word, message);
    }
    if let (Some(key), Some(name)) = (&args.key, name) {
        let name_text = name.to_string();
        let is_named = |expr: &Expr| Mentions::of_expr(expr).has_word(&name_text);
        if args.cache.is_some() && !key.value.iter().any(is_named) {
            let message =
                format!("`key(..)` has no item: add `{name}`, which stands for one there");
            errors.at(&key.word, message);
        }
    }
    if let Some(soft) = &args.soft_timeout {
        let message = "`soft_timeout` ends the wait for one value, and a batch waits for several: \
                       write `stale`, or remove it";
        errors.at(&soft.word, message);
    }
}
