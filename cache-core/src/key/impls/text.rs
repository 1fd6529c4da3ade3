use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::key::{CacheKey, KeyEncoder};

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
        u8::encode_slice(self.as_encoded_bytes(), key);
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
