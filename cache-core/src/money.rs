//! Money: the cost of a load, in whole nano-units of a currency.

/// The nano-units of one unit.
const NANOS: f64 = 1e9;

/// The time and the money of a load, which each hit on its value saves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The duration of the load in microseconds. Zero for a value that was put.
    pub micros: u64,
    /// The cost of the load in nano-units. Zero where nothing tells it.
    pub nanos: u64,
}

/// Returns a cost in nano-units, rounded. `None` for one that is negative or not a number. One
/// beyond 18 billion units counts as that much.
pub(crate) const fn nanos(units: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive, and the conversion saturates"
    )]
    // `round` is not const yet; an integer is not changed by a half that is cut off.
    if units >= 0.0 { Some((units * NANOS + 0.5) as u64) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_rounded_to_nano_units() {
        let costs = [0.0, -0.0, 0.03, 0.0001, 1e-9, 0.4e-9, 0.6e-9, 12.5, 1e300, f64::INFINITY];
        let nanos = costs.map(|cost| nanos(cost).expect("it is a cost"));
        let expected = [0, 0, 30_000_000, 100_000, 1, 0, 1, 12_500_000_000, u64::MAX, u64::MAX];
        assert_eq!(nanos, expected);
    }

    #[test]
    fn a_negative_cost_and_none_at_all_are_refused() {
        assert_eq!([-0.01, f64::NEG_INFINITY, f64::NAN].map(nanos), [None; 3]);
    }
}
