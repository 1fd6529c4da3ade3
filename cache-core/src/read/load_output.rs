//! The return types of the loads that a declared cache is given.

use std::convert::Infallible;

use crate::{batch_returns::BatchReturn, made_of::MadeOfWrongLength, returns::Returns};

/// The return type of a load: the value, or a `Result` of it.
///
/// ```
/// use cachery::caches;
///
/// caches! { static PRICES: Cache<u64, u32> = { name: "prices", ttl: "1m" }; }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let price: u32 = PRICES.get_or_load(&1, || async { 30 }).await;
/// let failed: Result<u32, String> = PRICES.get_or_load(&2, || async { Err("away".into()) }).await;
/// assert_eq!((price, failed), (30, Err("away".to_owned())));
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "this cache keeps `{V}`, and the load returns `{Self}`",
    label = "not what the cache keeps",
    note = "a load returns `{V}`, or a `Result` of it"
)]
pub trait LoadOutput<V>: sealed::Sealed<V> + Sized {
    /// The error of a load that fails.
    type Error;
    #[doc(hidden)]
    fn returns() -> Returns<Self, V, Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<V> LoadOutput<V> for V {
    type Error = Infallible;

    fn returns() -> Returns<V, V, Infallible> {
        Returns::plain()
    }
}

impl<V, E> LoadOutput<V> for Result<V, E> {
    type Error = E;

    fn returns() -> Returns<Self, V, E> {
        Returns::own()
    }
}

/// The return type of a load of several values: a `Result` of all of them, or one for each.
///
/// ```
/// use cachery::caches;
///
/// caches! { static AREAS: Cache<u64, u64> = { name: "areas", ttl: "1m" }; }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let load = |sides: Vec<u64>| async move {
///     let area = |side: u64| side.checked_mul(side).ok_or("too large".to_owned());
///     sides.into_iter().map(area).collect::<Vec<_>>()
/// };
/// let areas = AREAS.get_or_load_many(&[3, u64::MAX], load).await;
/// assert_eq!(areas, [Ok(9), Err("too large".to_owned())]);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "this cache keeps `{V}`, and the load returns `{Self}`",
    label = "not the values of a cache of `{V}`",
    note = "return `Result<Vec<{V}>, E>` or `Vec<Result<{V}, E>>`, with an error that is `From<cachery::WrongLength>`"
)]
pub trait LoadManyOutput<V>: BatchReturn<V, Self::Error, Key = ()> {
    /// The error of a load that fails.
    type Error: MadeOfWrongLength;
}

impl<V, E: MadeOfWrongLength> LoadManyOutput<V> for Result<Vec<V>, E> {
    type Error = E;
}

impl<V, E: MadeOfWrongLength> LoadManyOutput<V> for Vec<Result<V, E>> {
    type Error = E;
}

mod sealed {
    pub trait Sealed<V> {}
    impl<V> Sealed<V> for V {}
    impl<V, E> Sealed<V> for Result<V, E> {}
}
