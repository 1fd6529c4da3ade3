//! Key encodings of integers, `bool` and `char`.

use std::num::NonZero;

use super::super::encode::{CacheKey, KeyEncoder};

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl CacheKey for $integer {
            #[inline]
            fn encode(&self, key: &mut KeyEncoder) {
                key.write(&self.to_le_bytes());
            }
        }
    )+};
}

integers!(u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl CacheKey for u8 {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.write(&[*self]);
    }

    /// Writes the same bytes as one by one, at once.
    #[inline]
    fn encode_slice(slice: &[Self], key: &mut KeyEncoder) {
        key.write_len(slice.len());
        key.write(slice);
    }
}

impl CacheKey for usize {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.write_len(*self);
    }
}

impl CacheKey for isize {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        (*self as i64).encode(key);
    }
}

macro_rules! non_zero {
    ($($integer:ty),+) => {$(
        impl CacheKey for NonZero<$integer> {
            #[inline]
            fn encode(&self, key: &mut KeyEncoder) {
                self.get().encode(key);
            }
        }
    )+};
}

non_zero!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl CacheKey for bool {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        u8::from(*self).encode(key);
    }
}

impl CacheKey for char {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        u32::from(*self).encode(key);
    }
}
