//! `budget`: what a function needs to have a load refused.

use super::super::function::Function;
use crate::shared::{arguments::Args, errors::Errors, types::is_result};

/// Returns true if loads can be refused, for which the error is to be made of a spent budget.
pub(super) fn check(args: &Args, function: &Function, errors: &mut Errors) -> bool {
    let Some(budget) = args.budget.as_ref().filter(|_| args.cache.is_none()) else {
        return false;
    };
    let returns_error = function.returns().is_some_and(is_result);
    if !returns_error {
        let message = "`budget` needs an error to return: return a `Result` whose error is \
                       `From<cachery::OverBudget>`";
        errors.at(&budget.word, message);
    }
    returns_error
}
