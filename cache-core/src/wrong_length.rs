//! The error of a function that returned another number of values than it was asked for.

use std::{error::Error, fmt};

/// The error of a batch whose function returned another number of values than it was asked for.
/// Nothing of them is stored, because nobody can tell which value belongs to which item.
///
/// The error of a function that returns its values by position is made of it: by a `From` of its
/// own, as `String`, or as any error, such as a `Box<dyn Error + Send + Sync>`.
///
/// ```
/// use cachery::{WrongLength, cached};
///
/// #[derive(Clone, Debug)]
/// enum ApiError {
///     Incomplete(WrongLength),
/// }
///
/// impl From<WrongLength> for ApiError {
///     fn from(wrong: WrongLength) -> Self {
///         Self::Incomplete(wrong)
///     }
/// }
///
/// #[cached(ttl = "1h", batch = words)]
/// async fn lengths(words: &[String]) -> Result<Vec<usize>, ApiError> {
///     Ok(words.iter().skip(1).map(String::len).collect()) // one is missing
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let ApiError::Incomplete(wrong) = lengths(&["a".into(), "b".into()]).await.unwrap_err();
/// assert_eq!((wrong.asked(), wrong.returned()), (2, 1));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength {
    cache: &'static str,
    asked: usize,
    returned: usize,
}

impl WrongLength {
    pub(crate) const fn new(cache: &'static str, asked: usize, returned: usize) -> Self {
        Self { cache, asked, returned }
    }

    /// Returns the name of the cache.
    ///
    /// ```
    /// fn cache(wrong: &cachery::WrongLength) -> &str {
    ///     wrong.cache()
    /// }
    /// ```
    pub const fn cache(&self) -> &'static str {
        self.cache
    }

    /// Returns the number of items that the function was called with.
    ///
    /// ```
    /// fn are_missing(wrong: &cachery::WrongLength) -> bool {
    ///     wrong.returned() < wrong.asked()
    /// }
    /// ```
    pub const fn asked(&self) -> usize {
        self.asked
    }

    /// Returns the number of values that it returned.
    ///
    /// ```
    /// fn are_too_many(wrong: &cachery::WrongLength) -> bool {
    ///     wrong.returned() > wrong.asked()
    /// }
    /// ```
    pub const fn returned(&self) -> usize {
        self.returned
    }
}

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache, asked, returned } = self;
        write!(
            f,
            "the function of the cache `{cache}` was called with {asked} items and returned {returned} values"
        )
    }
}

impl Error for WrongLength {}

impl From<WrongLength> for String {
    fn from(wrong: WrongLength) -> Self {
        wrong.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_of::MadeOfWrongLength;

    #[test]
    fn it_names_the_cache_and_both_lengths() {
        let wrong = WrongLength::new("embed", 4, 3);
        let text =
            "the function of the cache `embed` was called with 4 items and returned 3 values";
        assert_eq!((wrong.to_string(), String::from(wrong)), (text.into(), text.into()));
    }

    #[test]
    fn any_error_is_made_of_it() {
        let boxed = Box::<dyn Error + Send + Sync>::made_of(WrongLength::new("embed", 1, 2));
        assert!(boxed.downcast::<WrongLength>().is_ok());
    }
}
