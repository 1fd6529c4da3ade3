//! The arguments about the age of a value: times and shares of the ttl, as literals.

use std::{fmt::Display, time::Duration};

use cachery_syntax::{Period, Refresh, parse_duration};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Lit, Path};

use super::{
    arguments::{Arg, Args},
    errors::Errors,
    tokens::literal,
    word::word,
};

/// The use of values by their age, as the attribute says it.
pub(crate) struct Freshness {
    pub(crate) stale: Option<Period>,
    pub(crate) stale_if_error: Option<Period>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) none_ttl: Option<Period>,
    pub(crate) err_ttl: Option<Period>,
    pub(crate) memory_ttl: Option<Period>,
    pub(crate) load_timeout: Option<Period>,
    pub(crate) soft_timeout: Option<Period>,
}

impl Freshness {
    /// Nothing is said; it stands beside an error, too.
    pub(crate) const STAND_IN: Self = Self {
        stale: None,
        stale_if_error: None,
        retry_after: None,
        none_ttl: None,
        err_ttl: None,
        memory_ttl: None,
        refresh: None,
        load_timeout: None,
        soft_timeout: None,
    };

    /// Checks the arguments.
    pub(super) fn check(args: &Args, errors: &mut Errors) -> Self {
        let mut period =
            |arg: &Option<Arg<Expr>>| time(arg.as_ref()?, errors, <str>::parse::<Period>);
        let stale = period(&args.stale);
        let stale_if_error = period(&args.stale_if_error);
        let none_ttl = period(&args.none_ttl);
        let err_ttl = period(&args.err_ttl);
        let memory_ttl = period(&args.memory_ttl);
        let load_timeout = period(&args.load_timeout);
        let soft_timeout = period(&args.soft_timeout);
        if let (Some(arg), Some(_)) = (&args.memory_ttl, &args.local) {
            let message = "`local` keeps values in memory alone, for the `ttl`: drop one of them";
            errors.at(&arg.word, message);
        }
        let retry_after =
            args.retry_after.as_ref().and_then(|arg| time(arg, errors, parse_duration));
        let refresh = args.refresh.as_ref();
        let refresh = refresh.and_then(|arg| word(arg, "refresh = \"auto\"", errors));
        Self {
            stale,
            stale_if_error,
            retry_after,
            refresh,
            none_ttl,
            err_ttl,
            memory_ttl,
            load_timeout,
            soft_timeout,
        }
    }

    /// Emits the calls that set the times of a site.
    pub(super) fn calls(&self, krate: &Path) -> TokenStream {
        let periods = [
            ("stale", self.stale),
            ("stale_if_error", self.stale_if_error),
            ("none_ttl", self.none_ttl),
            ("err_ttl", self.err_ttl),
            ("memory_ttl", self.memory_ttl),
            ("load_timeout", self.load_timeout),
            ("soft_timeout", self.soft_timeout),
        ];
        let periods = periods.map(|(name, period)| (name, period.map(Period::time)));
        let retry_after = ("retry_after", self.retry_after.map(Some));
        let refresh = self.refresh.map(|refresh| {
            let refresh = match refresh {
                Refresh::After(percent) => quote!(After(#percent)),
                Refresh::Auto => quote!(Auto),
                _ => quote!(Off),
            };
            quote!(.refresh(#krate::__private::Refresh::#refresh))
        });
        let times = periods
            .into_iter()
            .chain([retry_after])
            .filter_map(|(name, time)| {
                let setter = format_ident!("{name}_millis");
                let time = time?.unwrap_or_default();
                // The longest duration has far fewer milliseconds.
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                Some(quote!(.#setter(#millis)))
            })
            .collect::<TokenStream>();
        quote!(#times #refresh)
    }
}

/// Reads whole seconds, or a text by `parse`.
fn time<T, E: Display>(
    arg: &Arg<Expr>,
    errors: &mut Errors,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let parsed = match literal(&arg.value) {
        Some(Lit::Str(text)) => parse(&text.value()).map_err(|error| error.to_string()),
        Some(Lit::Int(seconds)) if seconds.suffix().is_empty() => {
            parse(seconds.base10_digits()).map_err(|error| error.to_string())
        }
        _ => {
            let word = &arg.word;
            Err(format!("`{word}` is seconds or a text: write `{word} = 60` or `{word} = \"1m\"`"))
        }
    };
    parsed.map_err(|message| errors.at(&arg.value, message)).ok()
}
