//! A ttl that an attribute takes from a constant of the program.

use std::time::Duration;

use cachery_syntax::MAX_DURATION;

/// The value of a constant that an attribute names as its `ttl`: a [`Duration`], or seconds.
#[derive(Clone, Copy, Debug)]
pub struct ConstantTtl<T>(pub T);

impl ConstantTtl<Duration> {
    /// Returns the ttl in milliseconds, at least one.
    ///
    /// # Panics
    /// While compiling, if it is zero or longer than a century.
    pub const fn of_a_duration_or_seconds(self) -> u64 {
        assert!(!self.0.is_zero(), "`ttl` is longer than zero");
        assert!(self.0.as_secs() <= MAX_DURATION.as_secs(), "`ttl` is at most 36500 days");
        let millis = self.0.as_secs() * 1_000 + self.0.subsec_millis() as u64;
        if millis == 0 { 1 } else { millis }
    }
}

/// Reads whole seconds of each of these types.
macro_rules! seconds {
    ($($int:ty),*) => {$(
        impl ConstantTtl<$int> {
            /// Returns the ttl in milliseconds.
            ///
            /// # Panics
            /// While compiling, if it is not above zero or longer than a century.
            #[allow(
                clippy::allow_attributes,
                clippy::cast_lossless,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                unused_comparisons,
                reason = "it is above zero and small, and `From` is not const"
            )]
            pub const fn of_a_duration_or_seconds(self) -> u64 {
                assert!(self.0 > 0, "`ttl` is longer than zero");
                assert!(self.0 as u128 <= MAX_DURATION.as_secs() as u128, "`ttl` is at most 36500 days");
                self.0 as u64 * 1_000
            }
        }
    )*};
}

seconds!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_seconds_are_read() {
        const HALF: Duration = Duration::from_micros(500);
        assert_eq!(ConstantTtl(Duration::from_millis(1_500)).of_a_duration_or_seconds(), 1_500);
        assert_eq!(ConstantTtl(HALF).of_a_duration_or_seconds(), 1, "never for nothing");
        assert_eq!(ConstantTtl(3_600_u32).of_a_duration_or_seconds(), 3_600_000);
        assert_eq!(ConstantTtl(3_600_i64).of_a_duration_or_seconds(), 3_600_000);
    }

    #[test]
    #[should_panic(expected = "longer than zero")]
    fn negative_seconds_are_refused() {
        ConstantTtl(-1_i32).of_a_duration_or_seconds();
    }

    #[test]
    #[should_panic(expected = "at most 36500 days")]
    fn more_than_a_century_is_refused() {
        ConstantTtl(u64::MAX).of_a_duration_or_seconds();
    }
}
