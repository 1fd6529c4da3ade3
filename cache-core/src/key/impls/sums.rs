//! Key encodings of `Option` and `Result`.

use super::super::encode::{CacheKey, KeyEncoder};

impl<T: CacheKey> CacheKey for Option<T> {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        match self {
            None => key.arg(&0_u8),
            Some(value) => key.arg(&1_u8).arg(value),
        };
    }
}

impl<T: CacheKey, E: CacheKey> CacheKey for Result<T, E> {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        match self {
            Ok(value) => key.arg(&0_u8).arg(value),
            Err(error) => key.arg(&1_u8).arg(error),
        };
    }
}
