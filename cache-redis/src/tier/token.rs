//! Random bytes that nobody has drawn before: generations, states and leases; and the token, which
//! is made of them.
//!
//! A token is a generation and the state that readable values name. While a value is on its way that
//! supersedes them, the state that this one will name follows; and an `x`, where the readable values
//! have expired.
//!
//! A generation is two halves: a value of another first half is invalid, and one of another second
//! half has expired.

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

/// The length of a token whose readable values have expired.
const EXPIRED: usize = 49;
/// The lengths of a token: without a state to come, with one, and with one and the `x`.
const LENGTHS: [usize; 3] = [32, 48, EXPIRED];
/// The bytes of a generation by which values are invalid.
const HARD: usize = 8;

/// The state of a key by its stored token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenState {
    /// The state that readable values name.
    readable: State,
    /// The state by which callers find that something has happened to the key.
    mark: [u8; 16],
    has_expired: bool,
}

impl TokenState {
    /// Reads a stored token.
    pub(super) fn of(token: &[u8]) -> Option<Self> {
        let readable = State::of_readable(token)?;
        let has_expired = token.len() == EXPIRED;
        let mark = if has_expired { &token[32..48] } else { &readable.0[16..] };
        Some(Self { readable, mark: mark.try_into().ok()?, has_expired })
    }

    /// Tells whether a value that names `state` has expired under `generation`; `None` where it is
    /// not to be read.
    pub(super) fn expired(self, state: State, generation: Option<[u8; 16]>) -> Option<bool> {
        let generation = generation?;
        let is_readable = state.0[..HARD] == generation[..HARD]
            && self.readable.0[..HARD] == generation[..HARD]
            && state.0[16..] == self.readable.0[16..];
        let has_expired = self.has_expired || state.0[..16] != generation;
        is_readable.then_some(has_expired)
    }

    /// Returns the key's mark for a reader under this generation.
    pub(super) fn mark(state: Option<Self>, generation: Option<[u8; 16]>) -> Mark {
        Mark { generation, token: state.map(|state| state.mark), tags: None }
    }
}

/// A generation and a state in it. A stored value names those under which it was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) [u8; 32]);

impl State {
    /// Returns the state that readable values name, under a stored token.
    fn of_readable(token: &[u8]) -> Option<Self> {
        let is_token = LENGTHS.contains(&token.len());
        is_token.then(|| token.first_chunk().copied().map(Self)).flatten()
    }

    /// Returns the same state in another generation.
    pub(super) fn within(mut self, generation: [u8; 16]) -> Self {
        self.0[..16].copy_from_slice(&generation);
        self
    }

    /// Returns the generation.
    pub(super) fn generation(&self) -> &[u8] {
        &self.0[..16]
    }

    /// Returns the state that a value names whose load held a token.
    pub(super) fn of_fill(token: &[u8], kind: FillKind) -> Option<Self> {
        if kind == FillKind::AfterMiss && token.len() != EXPIRED {
            return Self::of_readable(token);
        }
        let (generation, rest) = token.get(..48)?.split_first_chunk::<16>()?;
        let [_, state] = rest.as_chunks::<16>().0 else { return None };
        let mut both = [0; 32];
        both[..16].copy_from_slice(generation);
        both[16..].copy_from_slice(state);
        Some(Self(both))
    }
}
