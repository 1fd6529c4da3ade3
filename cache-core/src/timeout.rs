//! The error of a load that was ended because it took too long.

use std::{error::Error, fmt, time::Duration};

use cachery_syntax::format_duration;

/// The error of a load that its `load_timeout` has ended, where no other value could be returned.
///
/// The error of a function with a `load_timeout` is made of it: by a `From` of its own, as
/// `String`, or as any error, such as a `Box<dyn Error + Send + Sync>`.
///
/// ```
/// use cachery::{Timeout, cached};
///
/// #[derive(Clone, Debug)]
/// enum ApiError {
///     Slow(Timeout),
/// }
///
/// impl From<Timeout> for ApiError {
///     fn from(timeout: Timeout) -> Self {
///         Self::Slow(timeout)
///     }
/// }
///
/// #[cached(ttl = "1h", load_timeout = "2s")]
/// async fn price(id: u64) -> Result<u64, ApiError> {
///     Ok(id * 3)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    cache: &'static str,
    after: Duration,
}

impl Timeout {
    pub(crate) const fn new(cache: &'static str, after: Duration) -> Self {
        Self { cache, after }
    }

    /// Returns the name of the cache.
    ///
    /// ```
    /// fn cache(timeout: &cachery::Timeout) -> &str {
    ///     timeout.cache()
    /// }
    /// ```
    pub const fn cache(&self) -> &'static str {
        self.cache
    }

    /// Returns the time after which the load was ended.
    ///
    /// ```
    /// fn seconds(timeout: &cachery::Timeout) -> f64 {
    ///     timeout.after().as_secs_f64()
    /// }
    /// ```
    pub const fn after(&self) -> Duration {
        self.after
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache, after } = self;
        let after = format_duration(*after);
        write!(f, "the load of a value of the cache `{cache}` took longer than {after}")
    }
}

impl Error for Timeout {}

impl From<Timeout> for String {
    fn from(timeout: Timeout) -> Self {
        timeout.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_of::MadeOfTimeout;

    #[test]
    fn it_names_the_cache_and_the_time() {
        let timeout = Timeout::new("users", Duration::from_millis(1500));
        let text = "the load of a value of the cache `users` took longer than 1s500ms";
        assert_eq!((timeout.to_string(), String::from(timeout)), (text.into(), text.into()));
    }

    #[test]
    fn any_error_is_made_of_it() {
        let boxed = Box::<dyn Error + Send + Sync>::made_of(Timeout::new("users", Duration::MAX));
        assert!(boxed.downcast::<Timeout>().is_ok());
        assert!(String::made_of(Timeout::new("users", Duration::ZERO)).contains("users"));
    }
}
