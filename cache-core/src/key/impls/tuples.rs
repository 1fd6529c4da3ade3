//! Key encodings of tuples, `()` and `PhantomData`.

use std::marker::PhantomData;

use super::super::encode::{CacheKey, KeyEncoder};

#[diagnostic::do_not_recommend]
impl CacheKey for () {
    #[inline]
    fn encode(&self, _: &mut KeyEncoder) {}
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> CacheKey for PhantomData<T> {
    #[inline]
    fn encode(&self, _: &mut KeyEncoder) {}
}

macro_rules! tuple {
    ($(#[$attribute:meta])? $($part:ident)+) => {
        $(#[$attribute])?
        impl<$($part: CacheKey),+> CacheKey for ($($part,)+) {
            #[inline]
            #[expect(non_snake_case, reason = "a part is named as its type")]
            fn encode(&self, key: &mut KeyEncoder) {
                let ($($part,)+) = self;
                $($part.encode(key);)+
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
// The compiler lists a few implementations beside an error; twelve tuples would leave no room for
// the others. For an unlisted tuple it names the tuple and not the part that fails, so the usual
// ones stay listed.
tuple!(
    #[diagnostic::do_not_recommend]
    A
);
tuple!(#[diagnostic::do_not_recommend] A B C D);
tuple!(#[diagnostic::do_not_recommend] A B C D E);
tuple!(#[diagnostic::do_not_recommend] A B C D E F);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G H);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G H I);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G H I J);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G H I J K);
tuple!(#[diagnostic::do_not_recommend] A B C D E F G H I J K L);
