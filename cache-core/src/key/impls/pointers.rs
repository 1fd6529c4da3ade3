//! Key encodings of references and smart pointers: each is that of what it points to.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::super::encode::{CacheKey, KeyEncoder};

macro_rules! transparent {
    ($($pointer:ty),+) => {$(
        impl<T: CacheKey + ?Sized> CacheKey for $pointer {
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn encode(&self, key: &mut KeyEncoder) {
                T::encode(self, key);
            }
        }
    )+};
}

transparent!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: CacheKey + ToOwned + ?Sized> CacheKey for Cow<'_, T> {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        T::encode(self, key);
    }
}
