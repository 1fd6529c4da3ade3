//! The instances of a generic function: one for each set of types that tell its calls apart.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

use crate::{key::Types, remote::Place};

/// The instances that this process has called.
///
/// The values of each have keys of their own, by the full names of its types. The tokens of two
/// whose types differ only by their paths are the same: keys that outlive a release have no paths.
/// So each would end the values of the other, and both stay out of the remote tier.
#[derive(Default)]
pub(crate) struct Instances {
    by_types: RwLock<HashMap<Types, Instance>>,
}

/// One instance, as the remote tier knows it.
#[derive(Clone)]
pub(crate) struct Instance {
    /// The part that its keys have in common.
    pub(crate) place: Arc<Place>,
    /// `true` where another one's types differ only by their paths.
    pub(crate) is_alike: bool,
}

impl Instances {
    /// Returns the instance with these types, of the function with this `place`.
    pub(crate) fn of(&self, types: Types, place: &Place) -> Instance {
        let known = self.by_types.read().get(&types).cloned();
        known.unwrap_or_else(|| self.add(types, place))
    }

    fn add(&self, types: Types, place: &Place) -> Instance {
        let mut by_types = self.by_types.write();
        let mut is_alike = false;
        let alike = |known: &Types| known.short == types.short && *known != types;
        for (_, instance) in by_types.iter_mut().filter(|(known, _)| alike(known)) {
            instance.is_alike = true;
            is_alike = true;
        }
        let new = || Instance { place: Arc::new(place.of_types(types.full)), is_alike };
        by_types.entry(types).or_insert_with(new).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    #[test]
    fn instances_have_places_of_their_own_and_know_who_is_alike() {
        let site = Site::named("rows", "shop::rows", "(id:u64)", "T");
        let (place, instances) = (Place::of(&site), Instances::default());
        let at = |full, short| instances.of(Types { full, short }, &place);
        let first = at(1, 10);
        assert!(!first.is_alike && !at(1, 10).is_alike && !at(2, 20).is_alike);
        let second = at(3, 10);
        assert!(second.is_alike && at(1, 10).is_alike && at(3, 10).is_alike);
        assert!(!at(2, 20).is_alike, "its types are others");
        assert_ne!(first.place.fingerprint, second.place.fingerprint);
        assert_eq!(first.place.fingerprint, at(1, 10).place.fingerprint);
        assert_eq!(first.place.identity, second.place.identity);
    }
}
