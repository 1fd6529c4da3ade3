//! Key encodings of text: strings, paths and strings of the operating system.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::super::encode::{CacheKey, KeyEncoder};

impl CacheKey for str {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        u8::encode_slice(self.as_bytes(), key);
    }
}

impl CacheKey for String {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        self.as_str().encode(key);
    }
}

impl CacheKey for OsStr {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        match self.to_str() {
            Some(text) => text.encode(key),
            None => encode_foreign(self, key),
        }
    }
}

/// Encodes text without valid UTF-8 by its bytes: they are never those of a `str`.
#[cfg(unix)]
#[cold]
fn encode_foreign(text: &OsStr, key: &mut KeyEncoder) {
    use std::os::unix::ffi::OsStrExt as _;
    u8::encode_slice(text.as_bytes(), key);
}

/// Encodes text without valid Unicode by its wide units.
#[cfg(windows)]
#[cold]
fn encode_foreign(text: &OsStr, key: &mut KeyEncoder) {
    use std::os::windows::ffi::OsStrExt as _;
    encode_wide(text.encode_wide(), key);
}

/// Encodes text without valid UTF-8 as this platform has it.
#[cfg(not(any(unix, windows)))]
#[cold]
fn encode_foreign(text: &OsStr, key: &mut KeyEncoder) {
    u8::encode_slice(text.as_encoded_bytes(), key);
}

/// Encodes wide units after a length that no `str` has, and their number: their bytes could be
/// UTF-8.
#[cfg(any(windows, test))]
fn encode_wide(units: impl Iterator<Item = u16> + Clone, key: &mut KeyEncoder) {
    key.arg(&u64::MAX).write_len(units.clone().count());
    for unit in units {
        key.arg(&unit);
    }
}

impl CacheKey for OsString {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        self.as_os_str().encode(key);
    }
}

impl CacheKey for Path {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        self.as_os_str().encode(key);
    }
}

impl CacheKey for PathBuf {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        self.as_os_str().encode(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn key<T: CacheKey + ?Sized>(value: &T) -> Key {
        KeyEncoder::new().arg(value).finish()
    }

    fn wide(units: &[u16]) -> Key {
        let mut key = KeyEncoder::new();
        encode_wide(units.iter().copied(), &mut key);
        key.finish()
    }

    #[test]
    fn os_text_that_is_unicode_is_text() {
        for text in ["", "a//b", "\u{1f980}"] {
            assert_eq!(key(OsStr::new(text)), key(text));
            assert_eq!(key(Path::new(text)), key(text));
        }
    }

    #[cfg(unix)]
    #[test]
    fn os_text_that_is_not_is_its_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let bytes = [b'a', 0xff];
        assert_eq!(key(OsStr::from_bytes(&bytes)), key(&bytes[..]));
        assert_ne!(
            key(OsStr::from_bytes(&bytes)),
            key(&*OsStr::from_bytes(&bytes).to_string_lossy())
        );
    }

    /// A high surrogate without a low one, whose bytes happen to be UTF-8.
    #[test]
    fn wide_units_are_no_text() {
        let units = [0xd861, 0x6180];
        assert!(char::decode_utf16(units).any(|unit| unit.is_err()));
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        assert_ne!(wide(&units), key(std::str::from_utf8(&bytes).expect("UTF-8")));
        assert_ne!(wide(&units), wide(&[0xd861]));
        assert_ne!(wide(&units), wide(&[0xd861, 0x6181]));
    }
}
