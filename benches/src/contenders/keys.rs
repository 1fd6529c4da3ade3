//! The keys by hand: one that owns, and one that borrows, hashed and compared alike, so that a hit
//! copies no text.

use equivalent::Equivalent;

#[derive(Hash, PartialEq, Eq)]
pub struct Owned(u64, String);

impl Owned {
    pub fn new(tenant: u64, text: &str) -> Self {
        Self(tenant, text.to_owned())
    }
}

#[derive(Hash)]
pub struct Borrowed<'a>(pub u64, pub &'a str);

impl Equivalent<Owned> for Borrowed<'_> {
    fn equivalent(&self, key: &Owned) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// The hash function of all tables by hand.
pub type Hasher = foldhash::fast::RandomState;
