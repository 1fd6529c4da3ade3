use std::marker::PhantomData;

use crate::key::{CacheKey, KeyEncoder};

impl CacheKey for () {
    #[inline]
    fn encode(&self, _: &mut KeyEncoder) {}
}

impl<T: ?Sized> CacheKey for PhantomData<T> {
    #[inline]
    fn encode(&self, _: &mut KeyEncoder) {}
}

/// Implements tuples of all its arguments, then of all but the first, and so on.
macro_rules! tuples {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first: CacheKey, $($rest: CacheKey),*> CacheKey for ($first, $($rest,)*) {
            #[inline]
            #[expect(non_snake_case, reason = "a part is named as its type")]
            fn encode(&self, key: &mut KeyEncoder) {
                let ($first, $($rest,)*) = self;
                $first.encode(key);
                $($rest.encode(key);)*
            }
        }
        tuples!($($rest)*);
    };
}

tuples!(A B C D E F G H I J K L);
