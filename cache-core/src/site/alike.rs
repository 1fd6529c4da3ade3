//! The identity of a call site, also where several sites claim one.

use super::{Site, named};
use crate::identity::{Fingerprint, Identity};

/// A part that only identities of sites have which are kept apart.
const APART: &str = "kept apart";

impl Site {
    /// Returns that by which the program knows the cache: the name, and the function where the name
    /// was not written.
    pub(crate) fn known_by(&self) -> (&'static str, Option<&'static str>) {
        (self.name, (!self.named).then_some(self.function))
    }

    /// Returns the identity, under which invalidations reach the cache in every process.
    pub(crate) fn identity(&self) -> Identity {
        identity_among(self, named(self.name))
    }

    /// Returns the fingerprint, which is part of each key in a remote tier.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.identity(), self.key, self.value, self.version)
    }
}

/// Returns the identity of `site`. Sites that claim one identity, which a registry that was built
/// from the environment refuses, get one each.
fn identity_among(site: &Site, named: &[&Site]) -> Identity {
    let known_by = site.known_by();
    let alike: Vec<&Site> =
        named.iter().copied().filter(|other| other.known_by() == known_by).collect();
    if alike.len() < 2 {
        let (name, function) = known_by;
        return function.map_or_else(|| Identity::of(&[name]), |path| Identity::of(&[name, path]));
    }
    let twins = alike.iter().filter(|other| other.function == site.function);
    let place = twins.take_while(|other| !std::ptr::eq(**other, site)).count().to_string();
    Identity::of(&[site.name, site.function, APART, &place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identities<const N: usize>(sites: &[Site; N]) -> [Identity; N] {
        let all = sites.each_ref();
        all.map(|site| identity_among(site, &all))
    }

    #[test]
    fn a_written_name_is_the_identity_wherever_the_function_stands() {
        let [here] = identities(&[Site::named("users", "shop::f", "(id:u64)", "User")]);
        let [there] = identities(&[Site::named("users", "shop::db::g", "(id:u64)", "User")]);
        assert_eq!(here, there);
        let [declared] = identities(&[Site::new("users", "shop::USERS", "", "").declared()]);
        assert_eq!(here, declared);
    }

    #[test]
    fn without_a_written_name_the_path_of_the_function_is_the_identity() {
        let at = |function| identities(&[Site::new("users", function, "", "")]);
        assert_ne!(at("shop::users"), at("shop::db::users"));
        assert_ne!(at("shop::users"), identities(&[Site::named("users", "shop::users", "", "")]));
    }

    #[test]
    fn sites_that_claim_one_identity_get_one_each() {
        let site = |function| Site::named("users", function, "", "");
        let sites = [
            site("shop::f"),
            site("shop::g"),
            site("shop::f"),
            Site::new("users", "shop::f", "", ""),
        ];
        let identities = identities(&sites);
        for (at, one) in identities.iter().enumerate() {
            assert!(!identities[at + 1..].contains(one), "{at}");
        }
        assert!(!identities.contains(&Identity::of(&["users"])));
    }
}
