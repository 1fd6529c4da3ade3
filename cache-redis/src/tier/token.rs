//! Random bytes that nobody has drawn before: generations, tokens and leases.

use cachery_core::remote::Reason;

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

/// Reads the token out of a stored one, which begins with the generation that its load saw.
pub(super) fn read_token(stored: &[u8]) -> Option<[u8; 16]> {
    (stored.len() == 32).then(|| stored.last_chunk().copied()).flatten()
}
