//! The closed set of operations that a remote tier asks of its servers.

/// An operation on a remote store, the label `op` in metrics and the name of its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Reads the value of a key.
    Get,
    /// Asks for the permit to load a key.
    Begin,
    /// Renews the lease of a load.
    Renew,
    /// Gives the lease of a load back.
    Release,
    /// Stores a value.
    Fill,
    /// Removes values, or ends the generation of a cache.
    Invalidate,
    /// Takes a block of a budget.
    Budget,
}

impl Operation {
    /// All operations, in the order in which they are listed above.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Begin,
        Self::Renew,
        Self::Release,
        Self::Fill,
        Self::Invalidate,
        Self::Budget,
    ];

    /// The label in metrics and spans.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Begin => "begin",
            Self::Renew => "renew",
            Self::Release => "release",
            Self::Fill => "fill",
            Self::Invalidate => "invalidate",
            Self::Budget => "budget",
        }
    }
}
