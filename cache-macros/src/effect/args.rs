//! The arguments: targets, `before`, `all(..)` and `crate`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Expr, ExprCall, ExprMethodCall, Ident, Path, Token, parse::Parser as _, punctuated::Punctuated,
};

use super::{function::Function, kind::Effect, place::Place, target::Target};
use crate::shared::{crate_path, errors::Errors, suggestion::nearest};

pub(super) struct Args {
    pub(super) targets: Vec<Target>,
    /// The caches that are cleared.
    pub(super) all: Vec<Place>,
    /// The word `before`, if it was given.
    pub(super) before: Option<Ident>,
    pub(super) krate: Path,
}

impl Args {
    /// Without a `function`, which is an error already, there is less to check.
    pub(super) fn parse(
        effect: Effect,
        tokens: TokenStream,
        function: Option<&Function>,
        errors: &mut Errors,
    ) -> Self {
        let before = errors.count();
        let mut args = Self {
            targets: vec![],
            all: vec![],
            before: None,
            krate: crate_path::or_default(None, errors),
        };
        let listed = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens);
        for expr in listed.map_err(|error| errors.push(error)).into_iter().flatten() {
            if let Err(error) = args.read(effect, expr, function, errors) {
                errors.push(error);
            }
        }
        if args.targets.is_empty() && args.all.is_empty() && errors.count() == before {
            let message =
                format!("`{}` says which entry: write `{}`", effect.name(), effect.example());
            errors.at_span(Span::call_site(), message);
        }
        if let Some(function) = function {
            args.check_result(function, errors);
        }
        args
    }

    /// Reads one argument.
    fn read(
        &mut self,
        effect: Effect,
        expr: Expr,
        function: Option<&Function>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match expr {
            Expr::Assign(given) if is_word(&given.left, "crate") => {
                self.krate = crate_path::or_default(Some(&given.right), errors);
            }
            Expr::Call(call) if is_word(&call.func, "all") && effect != Effect::Put => {
                self.read_all(&call, errors);
            }
            Expr::Call(call) if is_word(&call.func, "all") => {
                let message = "one value is not stored under all keys: name the entry, as in `profile(user.id)`";
                return Err(syn::Error::new_spanned(call, message));
            }
            Expr::Call(ExprCall { func, args, .. }) => match *func {
                Expr::Path(path) => {
                    let place = Place::of_path(&path, errors);
                    self.targets.extend(
                        place.map(|place| Target::new(place, Vec::from_iter(args), errors)),
                    );
                }
                other => return Err(no_target(effect, &other)),
            },
            Expr::MethodCall(call) => self.targets.push(of_self(call, function, errors)?),
            Expr::Path(path) if path.path.is_ident("before") && effect != Effect::Put => {
                let word = path.path.require_ident()?;
                if self.before.replace(word.clone()).is_some() {
                    errors.at(word, "`before` is given twice: keep one");
                }
            }
            other => return Err(no_target(effect, &other)),
        }
        Ok(())
    }

    /// Reads `all(profile, Repo::get, self.get, USERS)`.
    fn read_all(&mut self, call: &ExprCall, errors: &mut Errors) {
        if call.args.is_empty() {
            errors.at(call, "`all()` is empty: name the caches to clear, as in `all(profile)`");
        }
        for arg in &call.args {
            match arg {
                Expr::Path(path) => self.all.extend(Place::of_path(path, errors)),
                Expr::Field(field) if is_word(&field.base, "self") => match &field.member {
                    syn::Member::Named(method) => self.all.push(Place::of_self(method)),
                    syn::Member::Unnamed(_) => errors.at(arg, NO_CACHE),
                },
                _ => errors.at(arg, NO_CACHE),
            }
        }
    }

    /// Checks `result`, which is known when the function has returned, and by that name alone.
    fn check_result(&self, function: &Function, errors: &mut Errors) {
        for word in self.targets.iter().filter_map(|target| target.result.as_ref()) {
            if self.before.is_some() {
                errors.at(
                    word,
                    "with `before` nothing has been returned yet: remove `before`, or use the parameters",
                );
            } else if let Some(param) = function.bound("result") {
                errors.at(
                    &param,
                    "`result` in a target is the returned value: give the parameter another name",
                );
            }
        }
    }
}

const NO_CACHE: &str = "`all(..)` lists caches by their functions' names, without arguments, as in `all(profile, USERS)`";

/// Reads `self.get(id)`.
fn of_self(
    call: ExprMethodCall,
    function: Option<&Function>,
    errors: &mut Errors,
) -> syn::Result<Target> {
    if !is_word(&call.receiver, "self") {
        let method = &call.method;
        let message = format!(
            "a target is a function by its path or a method of `self`: for a method of another value \
             write `Type::{method}(value, ..)`"
        );
        return Err(syn::Error::new_spanned(&call.receiver, message));
    }
    if function.is_some_and(|function| function.receiver().is_none()) {
        return Err(syn::Error::new_spanned(
            &call.receiver,
            "this function has no `self`: write `Type::method(value, ..)`",
        ));
    }
    let mut place = Place::of_self(&call.method);
    place.with_generics(call.turbofish);
    let args = std::iter::once(*call.receiver).chain(call.args).collect();
    Ok(Target::new(place, args, errors))
}

fn is_word(expr: &Expr, word: &str) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident(word))
}

fn no_target(effect: Effect, expr: &Expr) -> syn::Error {
    let (name, example) = (effect.name(), effect.example());
    let message = match expr {
        Expr::Path(path) if path.path.is_ident("before") => {
            format!(
                "`{name}` stores the returned value, which is not there before the body: remove `before`"
            )
        }
        Expr::Path(path) if path.path.get_ident().is_some_and(|word| near_before(effect, word)) => {
            format!("`{name}` does not know this word: did you mean `before`?")
        }
        Expr::Path(_) if effect != Effect::Put => {
            let function = quote::ToTokens::to_token_stream(expr);
            format!(
                "a target says which entry: write `{function}(..)` with its arguments, or `all({function})` \
                 for all of them"
            )
        }
        _ => format!("a target is written as a call of the cached function: `{example}`"),
    };
    syn::Error::new_spanned(expr, message)
}

fn near_before(effect: Effect, word: &Ident) -> bool {
    effect != Effect::Put && nearest(word, ["before"]).is_some()
}
