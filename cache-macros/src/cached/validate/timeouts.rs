//! `load_timeout` and `soft_timeout`: what a function needs to end a load, or its wait for one.

use super::super::function::Function;
use crate::shared::{arguments::Args, errors::Errors, types::is_result};

/// Returns true if loads can be ended, for which the error is to be made of a timeout.
pub(super) fn check(args: &Args, function: &Function, errors: &mut Errors) -> bool {
    if let Some(soft) = &args.soft_timeout
        && args.detach.is_none()
        && args.cache.is_none()
    {
        let message = "`soft_timeout` lets a load go on without its caller: write `detach`, too";
        errors.at(&soft.word, message);
    }
    let Some(load) = args.load_timeout.as_ref().filter(|_| args.cache.is_none()) else {
        return false;
    };
    let before = errors.count();
    if !function.is_async() {
        let message = "`load_timeout` ends a load that waits, and a thread cannot be ended: write \
                       `async fn`, or remove it";
        errors.at(&load.word, message);
    } else if !function.returns().is_some_and(is_result) {
        let message = "`load_timeout` needs an error to return: return a `Result` whose error is \
                       `From<cachery::Timeout>`";
        errors.at(&load.word, message);
    }
    errors.count() == before
}
