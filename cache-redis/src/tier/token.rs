//! Random bytes that nobody has drawn before: generations, states and leases; and the token, which
//! is made of them.
//!
//! A token is a generation, the state that readable values name and, while a value is on its way
//! that supersedes them, the state that this one will name.

use cachery_core::{
    Mark,
    remote::{FillKind, Reason},
};

/// Draws sixteen bytes.
pub(super) fn draw() -> Result<[u8; 16], Reason> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Reason::NoRandomness)?;
    Ok(bytes)
}

/// Reads a stored generation.
pub(super) fn read_generation(stored: Option<Vec<u8>>) -> Option<[u8; 16]> {
    stored?.try_into().ok()
}

/// A generation and a state in it. A stored value names those under which it was filled, and is
/// read only under the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) [u8; 32]);

impl State {
    /// Returns the state that readable values name, under a stored token.
    pub(super) fn of_readable(token: &[u8]) -> Option<Self> {
        let is_token = token.len() == 32 || token.len() == 48;
        is_token.then(|| token.first_chunk().copied().map(Self)).flatten()
    }

    /// Returns the state that a value names whose load held a token.
    pub(super) fn of_fill(token: &[u8], kind: FillKind) -> Option<Self> {
        match kind {
            FillKind::AfterMiss => Self::of_readable(token),
            FillKind::Replacing => {
                let (generation, rest) = token.split_first_chunk::<16>()?;
                let [_, state] = rest.as_chunks::<16>().0 else { return None };
                let mut both = [0; 32];
                both[..16].copy_from_slice(generation);
                both[16..].copy_from_slice(state);
                Some(Self(both))
            }
        }
    }

    /// Tells whether it is one of this generation.
    pub(super) fn is_in(self, generation: Option<[u8; 16]>) -> bool {
        generation.is_some_and(|generation| self.0.starts_with(&generation))
    }

    /// Returns the key's mark for a reader under this generation.
    pub(super) fn mark(state: Option<Self>, generation: Option<[u8; 16]>) -> Mark {
        let token = state.and_then(|state| state.0.last_chunk().copied());
        Mark { generation, token, tags: None }
    }
}
