//! Keys: how the arguments of a call become bytes, and how those bytes are compared and stored.
//!
//! `CacheKey` values are written one after the other into a [`KeyEncoder`], which ends in a [`Key`]: what a
//! lookup carries. A [`StoredKey`] is the same key as a tier keeps it. Nothing on the way to a `Key` allocates.

mod encoder;
mod finished;
mod fnv;
mod impls;
mod stored;

pub use encoder::KeyEncoder;
pub use finished::Key;
pub use fnv::shape;
pub use stored::{HashedKey, KeyHasher, StoredKey};

/// A value that can be part of a cache key. `#[derive(CacheKey)]` implements it for your own types.
///
/// # The encoding
/// It is the same on every platform, in every process and version, because keys outlive the program in a remote
/// cache. Each value says where it ends, so that `("ab", "c")` and `("a", "bc")` differ, and borrowed and owned
/// forms are alike: a call with a `&str` finds what a call with a `String` stored.
///
/// | type | bytes |
/// |---|---|
/// | integers, `NonZero` | little endian in their width; `usize` as `u64`, `isize` as `i64` |
/// | `bool`, `char` | one byte, 0 or 1; as `u32` |
/// | `str` | length as `u64`, then the bytes |
/// | `Path`, `OsStr` | as `str`; one that is not UTF-8 as the platform has it: bytes on Unix, wide units on Windows |
/// | slices, arrays, `Vec`, `BTreeSet`, `BTreeMap` | length as `u64`, then the items in order |
/// | tuples | their parts, without any mark: the type says how many there are |
/// | `Option` | 0, or 1 and the value |
/// | `Result` | 0 and the value, or 1 and the error |
/// | references, `Box`, `Rc`, `Arc`, `Cow` | what they point to |
/// | `Duration` | seconds as `u64`, nanoseconds as `u32` |
/// | `SystemTime` | nanoseconds since the Unix epoch as `i128` |
/// | `Ipv4Addr`, `Ipv6Addr` | the octets |
/// | `IpAddr`, `SocketAddr` | 4 or 6, then the address; of a socket also port, flow label and scope |
/// | `()`, `PhantomData` | nothing |
///
/// Floats have no implementation because equal answers seldom mean equal bits (`0.1 + 0.2`, `-0.0`, NaN): say
/// which precision counts. `HashMap` and `HashSet` have none because equal ones iterate in different orders.
///
/// # Implementing it for a foreign type
/// Wrap it, and write what tells two values apart. Prefer [`KeyEncoder::arg`], whose values say where they end,
/// to raw bytes.
///
/// ```
/// use cachery::{CacheKey, key::KeyEncoder};
/// # mod geo { pub struct Point { pub latitude: f64, pub longitude: f64 } }
///
/// /// A place on the map; within about a metre it is the same one.
/// struct Place(geo::Point);
///
/// impl CacheKey for Place {
///     fn encode(&self, key: &mut KeyEncoder) {
///         let rounded = |degrees: f64| (degrees * 100_000.0).round() as i64;
///         key.arg(&rounded(self.0.latitude)).arg(&rounded(self.0.longitude));
///     }
/// }
///
/// let here = Place(geo::Point { latitude: 52.520_008, longitude: 13.404_954 });
/// let near = Place(geo::Point { latitude: 52.520_009, longitude: 13.404_951 });
/// assert_eq!(KeyEncoder::new().arg(&here).finish(), KeyEncoder::new().arg(&near).finish());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this value does not say how it identifies an answer",
    note = "your own type: `#[derive(CacheKey)]`",
    note = "a type of another crate: `key(..)` with a part of it, as in `key(user.id())`; or a newtype that implements `CacheKey`",
    note = "a float: `key(x.to_bits())`, or round it to an integer first",
    note = "a `HashMap` or `HashSet` has no order: take a `BTreeMap` or `BTreeSet`, or sort it into a `Vec`",
    note = "a parameter that does not change the answer: `skip(..)`"
)]
pub trait CacheKey {
    /// Writes what tells this value from every other of its type. Equal values must write equal bytes, and no
    /// value's bytes may be the beginning of another's. One exception is made here: paths are compared as written, so
    /// `a//b` and `a/b` are two keys although `Path` calls them equal.
    fn encode(&self, key: &mut KeyEncoder);

    /// Writes a slice of such values: the length, then each.
    #[doc(hidden)]
    #[inline]
    fn encode_slice(slice: &[Self], key: &mut KeyEncoder)
    where
        Self: Sized,
    {
        key.write_len(slice.len());
        for value in slice {
            value.encode(key);
        }
    }
}
