//! The arguments about errors: `err_ttl`, `share_err` and `failed_cost`.

use syn::{Expr, Type};

use super::{super::function::Function, deciding};
use crate::shared::{
    arguments::{Arg, Args},
    deciding::closure,
    errors::Errors,
    types::is_result,
};

/// The meaning of the arguments about errors.
pub(in super::super) struct ErrorArguments {
    /// The closure that makes an error for another caller.
    pub(in super::super) share: Option<Box<Expr>>,
    /// Memory keeps errors.
    pub(in super::super) are_kept: bool,
    /// The closure that tells what a load that failed has cost.
    pub(in super::super) cost: Option<Box<Expr>>,
}

impl ErrorArguments {
    pub(super) fn check(
        args: &Args,
        function: &Function,
        returns: Option<&Type>,
        errors: &mut Errors,
    ) -> Self {
        let before = errors.count();
        if returns.is_some_and(|returns| !is_result(returns)) {
            for arg in args.err_ttl.iter().chain(&args.share_err).chain(&args.failed_cost) {
                let word = &arg.word;
                let message = format!(
                    "`{word}` is about errors, and this function returns none: return a `Result`, \
                     or remove it"
                );
                errors.at(word, message);
            }
        } else if let (Some(arg), Some(_)) = (&args.err_ttl, &args.cache) {
            let message = "a cache that `caches!` declares keeps values alone: remove `err_ttl`";
            errors.at(&arg.word, message);
        }
        let mut rule = |arg: &Option<Arg<Expr>>, what| {
            let arg = arg.as_ref()?;
            let closure = closure(arg, what, errors)?;
            let word = arg.word.to_string();
            deciding::sees_no_parameter(&word, &closure, function, errors).then_some(closure)
        };
        let share = rule(&args.share_err, MAKES_AN_ERROR);
        let cost = rule(&args.failed_cost, IS_A_COST);
        let is_right = errors.count() == before;
        Self {
            share: share.filter(|_| is_right),
            are_kept: is_right && args.err_ttl.is_some() && args.share_err.is_none(),
            cost: cost.filter(|_| is_right),
        }
    }
}

const MAKES_AN_ERROR: &str = "a closure that makes an error for another caller: write \
                              `share_err = |error| anyhow!(\"{error:#}\")`";

const IS_A_COST: &str = "a closure that returns the cost of a load that failed: write \
                         `failed_cost = |error| error.dollars()`";
