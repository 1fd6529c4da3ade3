//! A key as the remote tier knows it.

use std::{borrow::Cow, sync::Arc};

use crate::{
    identity::{Fingerprint, Identity},
    key::{Digest, Key},
    site::Site,
};

/// The part that the keys of one call site have in common.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The cache's name.
    pub name: &'static str,
    /// Stands for the cache in every release of the program: what invalidates its keys carries it.
    pub identity: Identity,
    /// Keeps apart what releases store that differ in the cache's key, value or version.
    pub fingerprint: Fingerprint,
}

impl Place {
    /// Returns the part of the keys of an instance, with the hash of its types' full names.
    pub(crate) fn of_types(&self, full: u64) -> Self {
        Self { fingerprint: self.fingerprint.with_types(full), ..*self }
    }

    /// Returns the part of the keys of `site`.
    pub(crate) fn of(site: &Site) -> Self {
        Self { name: site.name, identity: site.identity(), fingerprint: site.fingerprint() }
    }
}

/// A key of one call site.
#[derive(Clone, Debug)]
pub struct RemoteKey {
    /// The call site's part.
    pub place: Arc<Place>,
    /// The digest of the key.
    pub digest: Digest,
}

/// One value of a tag, or its stamp.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TagKey {
    /// The tag's name. Another program may have declared it.
    pub name: Cow<'static, str>,
    /// The digest of the value; zeros for a stamp.
    pub digest: Digest,
    /// The kind of generation that stands for it.
    pub kind: TagKind,
}

/// The kinds of generations that a tag has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// The generation of a value that a call names before its load.
    Parameter,
    /// The generation of a value that a load has returned. In one place with the stamp, so that both
    /// end at once.
    Result,
    /// The stamp of the tag, which ends with each of its values. A load whose tags are known only
    /// when it is over notes it before, and stores nothing where it has ended since.
    Stamp,
}

impl TagKey {
    /// Returns a value of the tag called `name`, as one that a call names.
    pub fn of(name: impl Into<Cow<'static, str>>, digest: Digest) -> Self {
        Self { name: name.into(), digest, kind: TagKind::Parameter }
    }

    /// Returns the value as one that a load has returned.
    #[must_use]
    pub fn over_result(self) -> Self {
        Self { kind: TagKind::Result, ..self }
    }

    /// Returns the stamp of the tag called `name`.
    pub fn stamp(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), digest: Digest([0; 32]), kind: TagKind::Stamp }
    }

    /// Tells whether it is a stamp.
    pub fn is_stamp(&self) -> bool {
        self.kind == TagKind::Stamp
    }
}

/// Computes digests by BLAKE3, keyed if there is a secret. The input is one byte that tells whether
/// the key is a digest itself, and the key's bytes, in which types are named without paths.
#[derive(Clone)]
pub(crate) struct Digester(Option<[u8; 32]>);

impl Digester {
    pub(crate) fn new(secret: Option<&str>) -> Self {
        // A key of any length becomes one of 32 bytes.
        Self(
            secret
                .map(|secret| blake3::derive_key("cachery 2026-11 key digest", secret.as_bytes())),
        )
    }

    pub(crate) fn of(&self, key: &Key) -> Digest {
        let mut hasher =
            self.0.as_ref().map_or_else(blake3::Hasher::new, blake3::Hasher::new_keyed);
        hasher.update(&[u8::from(key.is_digest())]);
        key.hash_without_paths(&mut hasher);
        Digest(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{StoredKey, TypeName};

    mod orders {
        pub(super) struct Row;
    }

    mod users {
        pub(super) struct Row;
    }

    fn rows<T>(text: &str) -> Key {
        Key::of(&[&TypeName::of::<T>(), &TypeName::of::<Vec<T>>(), &text])
    }

    fn digest(key: &Key) -> Digest {
        Digester::new(Some("a secret")).of(key)
    }

    #[test]
    fn a_type_stands_by_its_full_name_in_memory_and_without_paths_in_the_digest() {
        // In the key itself, and in digests of which the names are the last or the first bytes.
        for text in ["", &"x".repeat(60), &"x".repeat(100), &"x".repeat(2000)] {
            let [ours, theirs] = [rows::<orders::Row>(text), rows::<users::Row>(text)];
            assert_ne!(StoredKey::from(&ours), StoredKey::from(&theirs), "{text}");
            assert!(digest(&ours) == digest(&theirs), "{text}");
            assert_ne!(ours.types().unwrap().full, theirs.types().unwrap().full);
            assert_eq!(ours.types().unwrap().short, theirs.types().unwrap().short);
            assert!(digest(&ours) != digest(&rows::<u8>(text)), "{text}");
            assert!(digest(&ours) != digest(&rows::<orders::Row>("other")), "{text}");
            assert_eq!(ours.types(), rows::<orders::Row>("").types(), "of any length");
        }
        assert_eq!(Key::of(&[&"text"]).types(), None);
        assert_eq!(Key::of(&[&"x".repeat(2000)]).types(), None);
    }

    #[test]
    fn names_that_are_long_themselves_are_part_of_the_digest() {
        type Long<T> = ([T; 1], [T; 2], [T; 3], [T; 4], [T; 5]);
        let key = |ours: bool| {
            let name = if ours {
                TypeName::of::<Long<orders::Row>>()
            } else {
                TypeName::of::<Long<users::Row>>()
            };
            Key::of(&[&TypeName::of::<u8>(), &name, &7_u64])
        };
        let [ours, theirs] = [key(true), key(false)];
        assert!(ours.is_digest() && ours != theirs);
        assert!(digest(&ours) == digest(&theirs) && ours.types() != theirs.types());
    }

    #[test]
    fn digests_with_types_are_frozen() {
        // `u8` has no path, and no release may read another key's value.
        let hex = |key: &Key| {
            blake3::Hash::from_bytes(Digester::new(None).of(key).0).to_hex().to_string()
        };
        let short = Key::of(&[&TypeName::of::<u8>(), &7_u64]);
        let long = Key::of(&[&TypeName::of::<u8>(), &"x".repeat(200)]);
        assert_eq!(hex(&short), "ae721513d6b5daa0d4af1c55527e4642c63330eabd7c7633496a934b470a0a17");
        assert_eq!(hex(&long), "b50b5c24b8a092d275eb36080a9ee9075ca4278b9bb34a5ab6c8e8ee15e6282d");
    }
}
