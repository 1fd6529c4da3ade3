//! Errors of functions that are made of one of ours, where a call has no value to return.

use crate::{over_budget::OverBudget, timeout::Timeout, wrong_length::WrongLength};

/// Declares what an argument of an attribute asks of a function's error, and how the compiler says so.
macro_rules! made_of {
    (
        $(#[doc = $doc:literal])*
        $name:ident of $of:ty: $message:literal, $label:literal, $own:literal, $without:literal
    ) => {
        $(#[doc = $doc])*
        #[diagnostic::on_unimplemented(
            message = $message,
            label = $label,
            note = $own,
            note = "an error of another crate cannot have it: return `String`, `anyhow::Error` or \
                    `Box<dyn std::error::Error + Send + Sync>`, and turn the other one into that by \
                    `?` or `map_err`",
            note = $without
        )]
        pub trait $name {
            /// Makes the error.
            fn made_of(error: $of) -> Self;
        }

        #[diagnostic::do_not_recommend]
        impl<E: From<$of>> $name for E {
            fn made_of(error: $of) -> Self {
                error.into()
            }
        }
    };
}

made_of! {
    /// An error that can stand for a load that was ended.
    MadeOfTimeout of Timeout:
    "`load_timeout` needs an error that is made of a `cachery::Timeout`",
    "`{Self}` is not `From<cachery::Timeout>`",
    "write `impl From<cachery::Timeout>` for an error of your own",
    "or remove `load_timeout`"
}

made_of! {
    /// An error that can stand for a load that did not begin.
    MadeOfOverBudget of OverBudget:
    "`budget` needs an error that is made of a `cachery::OverBudget`",
    "`{Self}` is not `From<cachery::OverBudget>`",
    "write `impl From<cachery::OverBudget>` for an error of your own",
    "or remove `budget`"
}

made_of! {
    /// An error that can stand for a wrong number of values.
    MadeOfWrongLength of WrongLength:
    "a batch by position needs an error that is made of a `cachery::WrongLength`",
    "`{Self}` is not `From<cachery::WrongLength>`",
    "write `impl From<cachery::WrongLength>` for an error of your own",
    "or return a `HashMap` of the values by their items"
}
