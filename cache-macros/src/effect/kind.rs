//! The two attributes whose effect follows a function.

/// One of the two attributes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    Invalidate,
    Put,
}

impl Effect {
    /// The attribute as it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate]",
            Self::Put => "#[cache_put]",
        }
    }

    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate(profile(user.id))]",
            Self::Put => "#[cache_put(profile(user.id))]",
        }
    }
}
