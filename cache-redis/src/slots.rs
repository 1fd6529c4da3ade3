//! The slots of a Redis Cluster: the slot of a key, and the server of a slot.

use std::sync::atomic::{AtomicU16, Ordering};

/// The number of slots in a Cluster. A single server owns them all.
pub(crate) const SLOTS: u16 = 16_384;

/// Returns the slot of a key, by its hash tag: the text between the first `{` and the next `}`, or
/// the whole key when that is empty.
pub(crate) fn slot(key: &[u8]) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(hash_tag(key).unwrap_or(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let inside = &key[open + 1..];
    let close = inside.iter().position(|byte| *byte == b'}')?;
    (close > 0).then(|| &inside[..close])
}

/// The number of each slot's server; 0 where it is not known.
pub(crate) struct SlotOwners(Box<[AtomicU16]>);

impl SlotOwners {
    /// Gives all slots to the server with this `number`.
    pub(crate) fn all(number: u16) -> Self {
        Self((0..SLOTS).map(|_| AtomicU16::new(number)).collect())
    }

    pub(crate) fn owner(&self, slot: u16) -> u16 {
        self.0.get(usize::from(slot)).map_or(0, |owner| owner.load(Ordering::Acquire))
    }

    /// Gives `slot` to the server with this `number` and returns the number of the one before.
    pub(crate) fn give(&self, slot: u16, number: u16) -> u16 {
        self.0.get(usize::from(slot)).map_or(0, |owner| owner.swap(number, Ordering::AcqRel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b""), 0);
        assert_eq!(slot(b"{user1000}.following"), slot(b"{user1000}.followers"));
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
        assert_eq!(slot(b"foo{bar}{zap}"), slot(b"bar"));
        assert_eq!(slot(b"foo{}{bar}"), 8363);
        assert_eq!(slot(b"foo{bar"), 15278);
    }
}
