//! The error of a load that did not begin because the budget of its cache is spent.

use std::{error::Error, fmt};

use cachery_syntax::Budget;

/// The error of a load that did not begin because the budget of its cache is spent, where no other
/// value could be returned.
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
}

impl OverBudget {
    pub(crate) const fn new(cache: &'static str, budget: Budget) -> Self {
        Self { cache, budget }
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

    /// Returns the budget that is spent.
    ///
    /// ```
    /// fn limit(spent: &cachery::OverBudget) -> String {
    ///     spent.budget().to_string()
    /// }
    /// ```
    pub const fn budget(&self) -> Budget {
        self.budget
    }
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache, budget } = self;
        write!(f, "the budget of the cache `{cache}`, {budget}, is spent")
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

    const SPENT: OverBudget = OverBudget::new("users", Budget::of(50.0, Window::Day));

    #[test]
    fn it_names_the_cache_and_the_budget() {
        let text = "the budget of the cache `users`, 50/day, is spent";
        assert_eq!((SPENT.to_string(), String::from(SPENT)), (text.into(), text.into()));
    }

    #[test]
    fn any_error_is_made_of_it() {
        let boxed = Box::<dyn Error + Send + Sync>::made_of(SPENT);
        assert!(boxed.downcast::<OverBudget>().is_ok());
        assert!(String::made_of(SPENT).contains("users"));
    }
}
