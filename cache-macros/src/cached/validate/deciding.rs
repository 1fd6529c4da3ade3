//! The rule of closures that decide over a value: they see the value alone.

use syn::{
    Expr, ExprPath, Ident,
    visit::{self, Visit},
};

use super::super::function::Function;
use crate::shared::{deciding::DecidingArguments, errors::Errors, mentions::Mentions};

/// Refuses closures that name a parameter of the function. Without them the compiler has nothing
/// more to say.
pub(super) fn check(rules: &mut DecidingArguments, function: &Function, errors: &mut Errors) {
    rules.retain(|word, closure| sees_no_parameter(word, closure, function, errors));
}

/// Refuses the closure of the argument `word` if it names a parameter of the function.
pub(super) fn sees_no_parameter(
    word: &str,
    closure: &Expr,
    function: &Function,
    errors: &mut Errors,
) -> bool {
    let Some(name) = parameter_in(closure, function) else { return true };
    let message =
        format!("the closure of `{word}` sees its argument alone, and `{name}` is a parameter");
    errors.at(&name, message);
    false
}

/// Returns the first place in `closure` that names a parameter of `function`.
fn parameter_in(closure: &Expr, function: &Function) -> Option<Ident> {
    let mut variables = Variables::default();
    variables.visit_expr(closure);
    let own = Mentions::of_expr(closure);
    let is_parameter = |name: &Ident| {
        let word = name.to_string();
        let named = |param: &syn::PatType| Mentions::of_pattern(&param.pat).has_word(&word);
        function.params.iter().any(|param| named(&param.declared)) && own.binding(&word).is_none()
    };
    variables.0.into_iter().find(is_parameter)
}

/// The plain names that an expression uses as values.
#[derive(Default)]
struct Variables(Vec<Ident>);

impl<'ast> Visit<'ast> for Variables {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.0.extend(path.path.get_ident().cloned());
        visit::visit_expr_path(self, path);
    }

    // A path of a function is called elsewhere.
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if !matches!(&*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }
}
