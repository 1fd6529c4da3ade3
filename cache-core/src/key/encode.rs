//! The encoding of arguments into a key.

use std::{cell::Cell, fmt, ops::Deref};

use blake3::Hasher;

use super::{
    finished::{CAPACITY, Key, WORD},
    types::{Types, for_each_name, pieces},
};

/// A value that can be part of a cache key. `#[derive(CacheKey)]` implements it for your own types.
///
/// ```
/// use cachery::{CacheKey, cached};
///
/// #[derive(CacheKey, Clone, Copy)]
/// struct UserId(u64);
///
/// #[cached(ttl = "10m")]
/// async fn name(id: UserId) -> String {
///     format!("user {}", id.0)
/// }
/// ```
///
/// # The encoding
/// It is the same on every platform, in every process and version, because keys outlive the program
/// in a remote cache. Each value tells its own end, so that `("ab", "c")` and `("a", "bc")` differ.
/// Borrowed and owned forms are alike: a call with a `&str` finds what a call with a `String`
/// stored.
///
/// | type | bytes |
/// |---|---|
/// | integers, `NonZero` | little endian in their width; `usize` as `u64`, `isize` as `i64` |
/// | `bool`, `char` | one byte, 0 or 1; as `u32` |
/// | `str` | length as `u64`, then the bytes |
/// | `Path`, `OsStr` | as `str`; without valid UTF-8 as the platform has it: bytes or wide units |
/// | slices, arrays, `Vec`, `BTreeSet`, `BTreeMap` | length as `u64`, then the items in order |
/// | tuples | their parts, without any mark: the type tells their number |
/// | `Option` | 0, or 1 and the value |
/// | `Result` | 0 and the value, or 1 and the error |
/// | references, `Box`, `Rc`, `Arc`, `Cow` | the value that they point to |
/// | `Duration` | seconds as `u64`, nanoseconds as `u32` |
/// | `SystemTime` | nanoseconds since the Unix epoch as `i128` |
/// | `Ipv4Addr`, `Ipv6Addr` | the octets |
/// | `IpAddr`, `SocketAddr` | 4 or 6, then the address; of a socket also port, flow label and scope |
/// | `()`, `PhantomData` | nothing |
///
/// Floats have no implementation because equal results seldom have equal bits (`0.1 + 0.2`, `-0.0`,
/// NaN): choose the precision that counts. `HashMap` and `HashSet` have none because equal ones
/// iterate in different orders.
///
/// # Implementing it for a foreign type
/// Wrap it, and write all that distinguishes two values. Prefer [`KeyEncoder::arg`], whose values
/// tell their own end, to raw bytes.
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
    label = "this type has no key encoding",
    note = "for your own type: `#[derive(CacheKey)]`",
    note = "for a type of another crate: `key(..)` with a part of it, as in `key(user.id())`; or a newtype that implements `CacheKey`",
    note = "for a parameter that does not tell one call from another: `skip(..)`"
)]
pub trait CacheKey {
    /// Writes all that distinguishes this value from the others of its type. Equal values must
    /// write equal bytes, and the bytes of one value must not be the beginning of another's. One
    /// exception is made here: paths are compared as written, so `a//b` and `a/b` are two keys
    /// although `Path` calls them equal.
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

/// An encoder that collects the bytes of a key.
///
/// Up to 128 bytes are the key themselves. For more, a BLAKE3 digest stands for them: the first
/// such key of a thread allocates the state of a digest, which all others use in turn.
///
/// ```
/// use cachery::key::KeyEncoder;
///
/// let borrowed = KeyEncoder::new().arg(&7_u64).arg("great").finish();
/// let owned = KeyEncoder::new().arg(&7_u64).arg(&String::from("great")).finish();
/// assert_eq!(borrowed, owned);
/// ```
pub struct KeyEncoder {
    /// The key to be, in its place: its bytes are moved once. With a digest, only room for the
    /// bytes that are not part of the digest yet.
    pub(crate) key: Key,
    /// The digest of all bytes before those in the key, once there were more than fit.
    long: Option<Box<Long>>,
}

/// The digest of a long key, while it is made. It has about 2 KiB, and a key is moved with its
/// encoder: so it is elsewhere.
#[derive(Default)]
struct Long {
    hasher: Hasher,
    /// The types whose names are part of the digest, where they stand without paths.
    types: Option<Types>,
}

thread_local! {
    /// The digest that the last long key of this thread used.
    static SPARE: Cell<Option<Box<Long>>> = const { Cell::new(None) };
}

impl Long {
    /// Takes what the last long key of this thread used, or makes another.
    fn take() -> Box<Self> {
        // While a thread ends there is none: the destructor of a value may make keys.
        SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default()
    }

    /// Leaves it to the next long key of this thread.
    fn leave(mut self: Box<Self>) {
        self.hasher.reset();
        self.types = None;
        // While a thread ends, it ends, too.
        let _ = SPARE.try_with(|spare| spare.set(Some(self)));
    }

    /// Adds the name of a type, without paths.
    fn add_type(&mut self, name: &str) {
        Types::add(&mut self.types, name);
        pieces(name, |piece| {
            self.hasher.update(piece);
        });
    }

    /// Returns the key.
    fn finish(&self) -> Key {
        let digest = self.hasher.finalize();
        match self.types {
            None => Key::digest(digest.as_bytes()),
            Some(types) => Key::digest_of_types(digest.as_bytes(), types),
        }
    }
}

impl KeyEncoder {
    /// Creates an encoder without any bytes.
    ///
    /// ```
    /// # use cachery::key::KeyEncoder;
    /// let key = KeyEncoder::new().arg("great").finish();
    /// assert_eq!(key.as_bytes(), b"\x05\0\0\0\0\0\0\0great");
    /// ```
    #[inline]
    pub fn new() -> Self {
        Self { key: Key::EMPTY, long: None }
    }

    /// Appends a value.
    ///
    /// ```
    /// # use cachery::key::KeyEncoder;
    /// let key = KeyEncoder::new().arg(&7_u16).arg(&true).finish();
    /// assert_eq!(key.as_bytes(), [7, 0, 1]);
    /// ```
    #[inline]
    pub fn arg<T: CacheKey + ?Sized>(&mut self, value: &T) -> &mut Self {
        value.encode(self);
        self
    }

    /// Appends the shape of a derived type.
    #[doc(hidden)]
    #[inline]
    pub fn shape(&mut self, shape: u64) -> &mut Self {
        self.arg(&shape)
    }

    /// Appends raw bytes without their length. An implementation of [`CacheKey`] makes their end
    /// known, by a fixed size or by [`write_len`](Self::write_len).
    ///
    /// ```
    /// # use cachery::key::KeyEncoder;
    /// let mut encoder = KeyEncoder::new();
    /// encoder.write(&[1, 2, 3]);
    /// assert_eq!(encoder.finish().as_bytes(), [1, 2, 3]);
    /// ```
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        let mut at = usize::from(self.key.len);
        let end = at + bytes.len();
        if end > CAPACITY {
            return self.overflow(bytes);
        }
        let (words, rest) = bytes.as_chunks::<WORD>();
        for word in words {
            self.key.bytes[at..at + WORD].copy_from_slice(word);
            at += WORD;
        }
        if !rest.is_empty() {
            // A whole word, too: the bytes behind it are written later, or stay zero.
            let word = match bytes.last_chunk::<WORD>() {
                // The last word overlaps the one before, whose bytes are shifted out.
                Some(last) => {
                    u64::from_le_bytes(*last) >> (u8::BITS as usize * (WORD - rest.len()))
                }
                None => rest.iter().rev().fold(0, |word, byte| word << u8::BITS | u64::from(*byte)),
            };
            self.key.bytes[at..at + WORD].copy_from_slice(&word.to_le_bytes());
        }
        self.fill_to(end);
    }

    /// Appends the name of a type. Names come before all other parts.
    #[inline]
    pub(super) fn type_name(&mut self, name: &str) {
        let at = self.key.len;
        if self.long.is_none()
            && at == self.key.names
            && usize::from(at) + size_of::<u64>() + name.len() <= CAPACITY
        {
            self.arg(name);
            self.key.names = self.key.len;
        } else {
            self.digest_type_name(name);
        }
    }

    #[cold]
    fn digest_type_name(&mut self, name: &str) {
        self.flush().add_type(name);
    }

    #[inline]
    fn fill_to(&mut self, end: usize) {
        #[expect(clippy::cast_possible_truncation, reason = "CAPACITY fits, and end is within")]
        let len = end as u8;
        self.key.len = len;
    }

    /// Appends a length, as a `u64` on every platform.
    ///
    /// ```
    /// # use cachery::key::KeyEncoder;
    /// let mut encoder = KeyEncoder::new();
    /// encoder.write_len(2);
    /// assert_eq!(encoder.finish().as_bytes(), [2, 0, 0, 0, 0, 0, 0, 0]);
    /// ```
    #[inline]
    pub fn write_len(&mut self, len: usize) {
        self.write(&(len as u64).to_le_bytes());
    }

    /// Returns the key of all bytes so far.
    ///
    /// ```
    /// # use cachery::key::KeyEncoder;
    /// let long = KeyEncoder::new().arg(&"x".repeat(1000)).finish();
    /// assert!(long.is_digest());
    /// ```
    #[inline]
    pub fn finish(&mut self) -> Key {
        if self.long.is_some() {
            return self.flush().finish();
        }
        self.key.seal();
        self.key.clone()
    }

    /// Moves the bytes in the key to the digest, and the names of types to the types.
    #[cold]
    fn flush(&mut self) -> &mut Long {
        let long = self.long.get_or_insert_with(Long::take);
        let (names, others) = self.key.names_and_others();
        for_each_name(names, |name| long.add_type(name));
        long.hasher.update(others);
        (self.key.len, self.key.names) = (0, 0);
        long
    }

    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        let long = self.flush();
        // Small values go through the buffer: a digest takes a few large pieces faster than many
        // small ones.
        if bytes.len() <= CAPACITY {
            self.key.bytes[..bytes.len()].copy_from_slice(bytes);
            self.fill_to(bytes.len());
        } else {
            long.hasher.update(bytes);
        }
    }
}

impl Default for KeyEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the number of bytes, never the bytes: arguments may be private.
impl fmt::Debug for KeyEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digested = self.long.as_ref().map_or(0, |long| long.hasher.count());
        f.debug_struct("KeyEncoder")
            .field("len", &(digested + u64::from(self.key.len)))
            .field("digested", &self.long.is_some())
            .finish_non_exhaustive()
    }
}

impl Key {
    /// Encodes these parts, in this order.
    ///
    /// The generic arguments of a call are parts as well: the name of a type, the value of a
    /// constant.
    #[inline]
    pub fn of(parts: &[&dyn CacheKey]) -> Self {
        KeyInPlace::of(parts).into_key()
    }
}

/// A complete key in the encoder that made it: its bytes are written once. A hit makes it in a place
/// of its own frame, and never moves it.
pub struct KeyInPlace(KeyEncoder);

/// The mark of a key that lies in the place of who asked for it.
#[derive(Clone, Copy, Debug)]
pub struct Apart;

impl KeyInPlace {
    /// Creates a place for a key.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self(KeyEncoder::new())
    }

    /// Makes a key of these parts, in this order.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn of(parts: &[&dyn CacheKey]) -> Self {
        let mut key = Self::empty();
        key.complete(parts);
        key
    }

    /// Makes a key of these parts, in this order, in this place.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn complete(&mut self, parts: &[&dyn CacheKey]) -> Apart {
        self.encode(parts);
        let Self(encoder) = self;
        if encoder.long.is_none() {
            encoder.key.seal();
        } else {
            self.complete_long();
        }
        Apart
    }

    /// Encodes these parts. Written out for the usual numbers of them: the compiler sees the type of
    /// each then, and calls no pointers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn encode(&mut self, parts: &[&dyn CacheKey]) {
        let Self(encoder) = self;
        match parts {
            [] => {}
            [a] => a.encode(encoder),
            [a, b] => {
                a.encode(encoder);
                b.encode(encoder);
            }
            [a, b, c] => {
                a.encode(encoder);
                b.encode(encoder);
                c.encode(encoder);
            }
            [a, b, c, d] => {
                a.encode(encoder);
                b.encode(encoder);
                c.encode(encoder);
                d.encode(encoder);
            }
            more => {
                for part in more {
                    part.encode(encoder);
                }
            }
        }
    }

    #[cold]
    fn complete_long(&mut self) {
        let Self(encoder) = self;
        encoder.key = encoder.flush().finish();
        encoder.long.take().into_iter().for_each(Long::leave);
    }

    /// Returns the same key in another place.
    pub(crate) fn again(&self) -> Self {
        Self(KeyEncoder { key: self.0.key.clone(), long: None })
    }

    /// Moves the key out.
    pub(crate) fn into_key(self) -> Key {
        self.0.key
    }
}

impl Deref for KeyInPlace {
    type Target = Key;

    #[inline]
    fn deref(&self) -> &Key {
        &self.0.key
    }
}
