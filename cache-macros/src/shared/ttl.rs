//! The value of `ttl`: a number of seconds, a text, or a constant.

use std::time::Duration;

use cachery_syntax::Ttl;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprUnary, Lit, Path, UnOp, spanned::Spanned as _};

use super::{arguments::Args, errors::Errors, spans::shown_at, tokens::literal};

/// The time for which values stay fresh, as the attribute says it.
pub(crate) enum TtlArgument {
    Known(Ttl),
    /// The path of a constant. The compiler knows whether it is a duration or seconds.
    Constant(Path),
}

impl TtlArgument {
    /// The ttl beside an error. It never takes effect.
    pub(crate) const STAND_IN: Self = Self::Known(Ttl::For(Duration::from_secs(60)));

    /// Checks the argument, which every cache has.
    pub(super) fn check(args: &Args, errors: &mut Errors) -> Self {
        let Some(ttl) = &args.ttl else {
            if !args.ttl_meant {
                let message = "`ttl` is missing: say how long a value stays fresh, as `ttl = 3600` \
                               (seconds), `ttl = \"1h30m\"` or `ttl = \"forever\"`";
                errors.at_span(Span::call_site(), message);
            }
            return Self::STAND_IN;
        };
        read(&ttl.value).unwrap_or_else(|message| {
            errors.at(&ttl.value, message);
            Self::STAND_IN
        })
    }

    /// Emits the call that sets the ttl of a site; for ever needs none.
    pub(super) fn call(&self, krate: &Path) -> Option<TokenStream> {
        match self {
            Self::Known(Ttl::Forever) => None,
            Self::Known(Ttl::For(ttl)) => {
                // The longest duration has far fewer milliseconds.
                let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
                Some(quote!(.ttl_millis(#millis)))
            }
            Self::Constant(path) => {
                let span = shown_at(path.span());
                let constant = quote_spanned!(span=> #krate::__private::ConstantTtl(#path));
                Some(quote_spanned!(span=> .ttl_millis(#constant.of_a_duration_or_seconds())))
            }
        }
    }
}

fn read(value: &Expr) -> Result<TtlArgument, String> {
    let text =
        |text: &str| text.parse::<Ttl>().map(TtlArgument::Known).map_err(|error| error.to_string());
    match (value, literal(value)) {
        (_, Some(Lit::Str(duration))) => text(&duration.value()),
        (_, Some(Lit::Int(seconds))) if seconds.suffix().is_empty() => {
            text(seconds.base10_digits())
        }
        (_, Some(Lit::Int(duration))) if text(&duration.to_string()).is_ok() => {
            Err(format!("`ttl` with a unit is a string: write `ttl = \"{duration}\"`"))
        }
        (_, Some(Lit::Int(seconds))) => {
            let digits = seconds.base10_digits();
            Err(format!("`ttl` is a number without suffix: write `ttl = {digits}` (seconds)"))
        }
        (_, Some(Lit::Float(_))) => {
            Err("`ttl` is whole seconds: write a fraction as `ttl = \"1500ms\"`".into())
        }
        (Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }), _) if literal(expr).is_some() => {
            Err("`ttl` is longer than zero: write `ttl = 3600` (seconds)".into())
        }
        _ => constant(value),
    }
}

fn constant(value: &Expr) -> Result<TtlArgument, String> {
    match value {
        Expr::Group(group) => constant(&group.expr),
        Expr::Path(path) if path.qself.is_none() && path.path.segments[0].ident == "Self" => Err(
            "the site of a method is outside of its impl: name the constant by its type, as in \
                 `ttl = Repo::TTL`"
                .into(),
        ),
        Expr::Path(path) if path.qself.is_none() && names_constant(&path.path) => {
            Ok(TtlArgument::Constant(path.path.clone()))
        }
        _ => Err(
            "`ttl` is a literal or a constant: write `ttl = 3600` (seconds), `ttl = \"1h30m\"`, \
                  `ttl = \"forever\"` or `ttl = HOUR`"
                .into(),
        ),
    }
}

/// Constants have no small letter in their names.
fn names_constant(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| !last.ident.to_string().contains(char::is_lowercase))
}
