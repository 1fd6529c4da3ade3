//! The attributes whose effect follows a function.

/// One of these attributes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    Invalidate,
    /// The soft form of an invalidation.
    Expire,
    Put,
}

impl Effect {
    /// The attribute as it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate]",
            Self::Expire => "#[expire]",
            Self::Put => "#[cache_put]",
        }
    }

    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Invalidate => "#[invalidate(profile(user.id))]",
            Self::Expire => "#[expire(profile(user.id))]",
            Self::Put => "#[cache_put(profile(user.id))]",
        }
    }
}
