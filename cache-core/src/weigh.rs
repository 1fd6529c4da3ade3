//! The sizes of values in memory: known by their types, or told by the user.
//!
//! A size is found by method resolution on a [`SizeOf`], in the expansion of an attribute, where the
//! type is known. The methods are found in this order: that of a type that is `Copy`, which owns
//! nothing; that of a [`HeapBytes`]; and last that of [`UnknownSize`], or of [`SizeWanted`] where
//! the attribute asks for `max_bytes`.
//!
//! ```
//! use cachery_core::__private::size_of;
//!
//! struct Opaque;
//!
//! assert!(size_of!(u64).is_some());
//! assert!(size_of!(Option<Vec<String>>).is_some());
//! assert!(size_of!(Opaque).is_none());
//! ```

mod heap_bytes;

use std::{any::Any, marker::PhantomData};

pub use self::heap_bytes::HeapBytes;
use crate::entry::Entry;

/// Returns the bytes of the value in an entry, with what it owns on the heap.
pub type Weigh = fn(&Entry) -> usize;

/// Returns the bytes of the value in `entry`, by `weigh`. Zero for a value of another type.
pub fn weighed<V: Any, F: FnOnce(&V) -> usize>(entry: &Entry, weigh: F) -> usize {
    entry.value().map_or(0, weigh)
}

/// The type `V`, whose values may have a size that is known.
#[derive(Debug)]
pub struct SizeOf<V>(PhantomData<fn() -> V>);

impl<V> SizeOf<V> {
    /// Creates the stand-in of `V`.
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V: Copy + Any> SizeOf<V> {
    /// Returns the size of values that own nothing.
    pub fn weigh(&self) -> Option<Weigh> {
        Some(|_| size_of::<V>())
    }
}

/// Found for a type that owns what it holds. `How` tells the compiler why that is known.
pub trait KnownSize<How> {
    /// Returns the size of such values.
    fn weigh(&self) -> Option<Weigh>;
}

impl<How, V: HeapBytes<How> + Any> KnownSize<How> for SizeOf<V> {
    fn weigh(&self) -> Option<Weigh> {
        Some(|entry| weighed(entry, |value: &V| size_of::<V>() + value.heap_bytes()))
    }
}

/// Found for any other type.
pub trait UnknownSize {
    /// Returns `None`.
    fn weigh(&self) -> Option<Weigh>;
}

impl<V> UnknownSize for &SizeOf<V> {
    fn weigh(&self) -> Option<Weigh> {
        None
    }
}

/// Found for any other type, in place of [`UnknownSize`], where the attribute asks for `max_bytes`.
pub trait SizeWanted {
    /// The type.
    type Value;
    /// Refuses the type.
    fn weigh(&self) -> Option<Weigh>
    where
        Self::Value: HasSize;
}

impl<V> SizeWanted for &SizeOf<V> {
    type Value = V;

    fn weigh(&self) -> Option<Weigh>
    where
        V: HasSize,
    {
        unreachable!("nothing implements `HasSize`")
    }
}

/// A type whose size is known. Never implemented: it exists for its message.
#[diagnostic::on_unimplemented(
    message = "the size of `{Self}` is not known",
    label = "`max_bytes` needs the size of each value",
    note = "write `weigh = |value| ..`, which returns the bytes of a value as a `usize`",
    note = "known are `Copy` types, strings, and `Vec`, `Box`, `Arc` and `Option` of these"
)]
pub trait HasSize {}

/// Returns the size of a type's values, as an `Option<Weigh>`.
#[doc(hidden)]
#[macro_export]
macro_rules! __size_of {
    ($Value:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::{KnownSize as _, UnknownSize as _};
        (&$crate::__private::SizeOf::<$Value>::new()).weigh()
    }};
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, sync::Arc};

    use crate::{
        __size_of as size_of,
        clock::Moment,
        entry::{Entry, Facts},
        memory::fake,
        timeline::Timeline,
    };

    /// Returns the size of `value`, with the type of the second argument.
    macro_rules! bytes {
        ($value:expr, $Value:ty) => {{
            let facts = Facts::new(Timeline::fresh(Moment::NEVER, None));
            let value: $Value = $value;
            let entry = Entry::new((&fake::key(1)).into(), value, facts);
            size_of!($Value).map(|weigh| weigh(&entry))
        }};
    }

    #[derive(Clone, Copy)]
    struct Point(
        #[expect(dead_code, reason = "it only takes room")] f64,
        #[expect(dead_code, reason = "it only takes room")] f64,
    );

    #[derive(Clone)]
    struct Opaque;

    #[test]
    fn sizes_are_those_of_the_value_and_of_what_it_owns() {
        let text = String::from("hello");
        assert_eq!(bytes!(7, u64), Some(8));
        assert_eq!(bytes!(Some(7), Option<u64>), Some(16));
        assert_eq!(bytes!(Point(0.0, 0.0), Point), Some(16));
        assert_eq!(bytes!(text.clone(), String), Some(24 + 5));
        assert_eq!(bytes!(Cow::from("static"), Cow<'static, str>), Some(24));
        assert_eq!(bytes!("hello".into(), Arc<str>), Some(16 + 16 + 5));
        assert_eq!(bytes!("hello".into(), Box<str>), Some(16 + 5));
        assert_eq!(bytes!(vec![0; 10], Vec<u16>), Some(24 + 20));
        assert_eq!(bytes!(vec![0; 10].into(), Arc<[u8]>), Some(16 + 16 + 10));
        assert_eq!(bytes!(vec![Point(0.0, 0.0); 2], Vec<Point>), Some(24 + 32));
        assert_eq!(bytes!(vec![text.clone(); 2], Vec<String>), Some(24 + 2 * (24 + 5)));
        assert_eq!(bytes!(vec![text.clone(); 2].into(), Box<[String]>), Some(16 + 2 * (24 + 5)));
        assert_eq!(
            bytes!(vec![text.clone(); 2].into(), Arc<[String]>),
            Some(16 + 16 + 2 * (24 + 5))
        );
        assert_eq!(bytes!(Cow::from(vec![0; 10]), Cow<'static, [u8]>), Some(24 + 10));
        assert_eq!(bytes!(Cow::from(&[0; 10]), Cow<'static, [u8]>), Some(24));
        assert_eq!(bytes!((1, 2), (u64, u64)), Some(16));
        assert_eq!(bytes!((1, text.clone()), (u64, String)), None);
        assert_eq!(bytes!(Arc::new(text.clone()), Arc<String>), Some(8 + 16 + 24 + 5));
        assert_eq!(bytes!(Arc::new(Point(0.0, 0.0)), Arc<Point>), Some(8 + 16 + 16));
        assert_eq!(bytes!(Box::new(text.clone()), Box<String>), Some(8 + 24 + 5));
        assert_eq!(bytes!(Some(text.clone()), Option<String>), Some(24 + 5));
        assert_eq!(bytes!(None, Option<Arc<Vec<u8>>>), Some(8));
        assert_eq!(bytes!(Opaque, Opaque), None);
        assert_eq!(bytes!(vec![Opaque], Vec<Opaque>), None);
    }

    #[test]
    fn room_that_a_value_keeps_for_more_counts() {
        assert_eq!(bytes!(Vec::with_capacity(100), Vec<u8>), Some(24 + 100));
        assert_eq!(bytes!(String::with_capacity(100), String), Some(24 + 100));
    }
}
