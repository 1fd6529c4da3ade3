//! The error of a load that did not begin because the budget of its cache does not allow it.

use std::{error::Error, fmt, time::Duration};

use cachery_syntax::{Budget, format_amount, format_duration};

use crate::spending::Rest;

/// The error of a load that did not begin because the budget of its cache does not allow it, where
/// no other value could be returned.
///
/// The error of a function with a `budget` is made of it: by a `From` of its own, as `String`, or as
/// any error, such as a `Box<dyn Error + Send + Sync>`.
///
/// ```
/// use cachery::{OverBudget, cached};
///
/// #[derive(Clone, Debug)]
/// enum ApiError {
///     Spent(OverBudget),
/// }
///
/// impl From<OverBudget> for ApiError {
///     fn from(spent: OverBudget) -> Self {
///         Self::Spent(spent)
///     }
/// }
///
/// #[cached(ttl = "1h", cost = 0.03, budget = "50/day")]
/// async fn answer(question: &str) -> Result<String, ApiError> {
///     Ok(question.to_uppercase())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBudget {
    cache: &'static str,
    budget: Budget,
    rest: Rest,
}

impl OverBudget {
    pub(crate) const fn new(cache: &'static str, budget: Budget, rest: Rest) -> Self {
        Self { cache, budget, rest }
    }

    /// Returns the name of the cache.
    ///
    /// ```
    /// fn cache(spent: &cachery::OverBudget) -> &str {
    ///     spent.cache()
    /// }
    /// ```
    pub const fn cache(&self) -> &'static str {
        self.cache
    }

    /// Returns the budget that does not allow the load.
    ///
    /// ```
    /// fn limit(spent: &cachery::OverBudget) -> String {
    ///     spent.budget().to_string()
    /// }
    /// ```
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// Returns what is left of the budget, in billionths of its unit: less than the load was to
    /// reserve. It is what this node knows where nodes share the budget.
    ///
    /// ```
    /// fn left(spent: &cachery::OverBudget) -> f64 {
    ///     spent.left() as f64 / 1e9
    /// }
    /// ```
    pub const fn left(&self) -> u64 {
        self.rest.nanos
    }

    /// Returns the time until more of the budget may be spent, in whole seconds: until its window ends
    /// or, for one that slides, until what was spent first counts no more.
    ///
    /// ```
    /// fn retry_after(spent: &cachery::OverBudget) -> String {
    ///     spent.retry_after().as_secs().to_string()
    /// }
    /// ```
    pub const fn retry_after(&self) -> Duration {
        let time = self.rest.more_in;
        Duration::from_secs(time.as_secs().saturating_add((time.subsec_nanos() > 0) as u64))
    }
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache, budget, .. } = self;
        let more_in = format_duration(self.retry_after());
        write!(f, "the budget of the cache `{cache}`, {budget}, ")?;
        match self.left() {
            0 => write!(f, "is spent, and more comes in {more_in}"),
            left => {
                let left = format_amount(left);
                write!(
                    f,
                    "does not allow the load: {left} is left of it, and more comes in {more_in}"
                )
            }
        }
    }
}

impl Error for OverBudget {}

impl From<OverBudget> for String {
    fn from(spent: OverBudget) -> Self {
        spent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use cachery_syntax::Window;

    use super::*;
    use crate::made_of::MadeOfOverBudget;

    const SPENT: OverBudget = with(0);

    const fn with(nanos: u64) -> OverBudget {
        let rest = Rest { nanos, more_in: Duration::from_millis(5_399_001) };
        OverBudget::new("users", Budget::of(50.0, Window::Day), rest)
    }

    #[test]
    fn it_names_the_cache_the_budget_and_its_rest() {
        let text = "the budget of the cache `users`, 50/day, is spent, and more comes in 1h30m";
        assert_eq!((SPENT.to_string(), String::from(SPENT)), (text.into(), text.into()));
        let text = "the budget of the cache `users`, 50/day, does not allow the load: 0.02 is left of it, \
                    and more comes in 1h30m";
        assert_eq!(with(20_000_000).to_string(), text);
        assert_eq!(SPENT.retry_after(), Duration::from_secs(5400), "never too early");
    }

    #[test]
    fn any_error_is_made_of_it() {
        let boxed = Box::<dyn Error + Send + Sync>::made_of(SPENT);
        assert!(boxed.downcast::<OverBudget>().is_ok());
        assert!(String::made_of(SPENT).contains("users"));
    }
}
