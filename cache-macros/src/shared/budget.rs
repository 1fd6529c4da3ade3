//! The value of `budget`: the most that the loads of a cache may cost in some time.

use cachery_syntax::{Budget, Window};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::{arguments::Args, deciding::DecidingArguments, errors::Errors, word::word};

/// Reads the budget, which needs to know what a load costs.
pub(super) fn check(args: &Args, errors: &mut Errors) -> Option<Budget> {
    let arg = args.budget.as_ref()?;
    let budget: Budget = word(arg, "budget = \"50/day\"", errors)?;
    if args.cost.is_none() && args.cache.is_none() {
        let message = "`budget` limits what loads cost: write `cost`, too, as `cost = 0.03`";
        errors.at(&arg.word, message);
    }
    Some(budget)
}

/// Emits the calls that set the budget of a site, and the cost that a load reserves.
pub(super) fn calls(budget: Budget, deciding: &DecidingArguments, krate: &Path) -> TokenStream {
    let cost = deciding.fixed_cost().map(|cost| quote!(.cost(#cost)));
    let Budget::Of { nanos, window } = budget else { return quote!(.no_budget() #cost) };
    let of = quote!(#krate::__private::Window);
    let window = match window {
        Window::Minute => quote!(#of::Minute),
        Window::Hour => quote!(#of::Hour),
        Window::Week => quote!(#of::Week),
        Window::Month => quote!(#of::Month),
        Window::Sliding(time) => {
            // The longest duration has far fewer milliseconds.
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            quote!(#of::Sliding(::core::time::Duration::from_millis(#millis)))
        }
        _ => quote!(#of::Day),
    };
    quote!(.budget(#nanos, #window) #cost)
}
