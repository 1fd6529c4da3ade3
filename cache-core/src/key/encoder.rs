//! From arguments to a key.

use std::fmt;

use blake3::Hasher;

use super::{CacheKey, Key, finished::CAPACITY};

/// Collects the bytes of a key. It never allocates, however long they get.
///
/// Up to 128 bytes are the key themselves; of more it keeps a BLAKE3 digest.
///
/// ```
/// use cachery::key::KeyEncoder;
///
/// let borrowed = KeyEncoder::new().arg(&7_u64).arg("great").finish();
/// let owned = KeyEncoder::new().arg(&7_u64).arg(&String::from("great")).finish();
/// assert_eq!(borrowed, owned);
/// ```
pub struct KeyEncoder {
    /// What no digest has seen yet.
    buffer: [u8; CAPACITY],
    filled: usize,
    /// All bytes before the buffer's, once there were more than fit. A hasher has about 2 KiB, so it is made only when it
    /// is needed, and where it stays.
    digest: Option<Hasher>,
}

impl KeyEncoder {
    /// An encoder with nothing written.
    #[inline]
    pub fn new() -> Self {
        Self { buffer: [0; CAPACITY], filled: 0, digest: None }
    }

    /// Appends a value.
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

    /// Appends raw bytes, without their length: whoever implements [`CacheKey`] sees to it that the end can be told,
    /// by a fixed size or by [`write_len`](Self::write_len).
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.filled..end) {
            room.copy_from_slice(bytes);
            self.filled = end;
        } else {
            self.overflow(bytes);
        }
    }

    /// Appends a length, as a `u64` on every platform.
    #[inline]
    pub fn write_len(&mut self, len: usize) {
        self.write(&(len as u64).to_le_bytes());
    }

    /// The key of all that has been written so far.
    #[inline]
    pub fn finish(&mut self) -> Key {
        let Some(digest) = &mut self.digest else {
            return Key::whole(&self.buffer, self.filled);
        };
        digest.update(&self.buffer[..self.filled]);
        self.filled = 0;
        Key::digest(digest.finalize().as_bytes())
    }

    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        let digest = self.digest.get_or_insert_with(Hasher::new);
        digest.update(&self.buffer[..self.filled]);
        // Small values go through the buffer: a digest takes few large pieces faster than many small ones.
        if let Some(room) = self.buffer.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.filled = bytes.len();
        } else {
            digest.update(bytes);
            self.filled = 0;
        }
    }
}

impl Default for KeyEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how much was written, never what: arguments may be private.
impl fmt::Debug for KeyEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digested = self.digest.as_ref().map_or(0, Hasher::count);
        f.debug_struct("KeyEncoder")
            .field("len", &(digested + self.filled as u64))
            .field("digested", &self.digest.is_some())
            .finish_non_exhaustive()
    }
}
