//! Tokens, and the one that a request shows.

use axum::http::{header::AUTHORIZATION, request::Parts};
use blake3::Hash;

use super::Right;

/// The fewest bytes of a secret: one that is drawn at random cannot be found by trying.
const LEAST_BYTES: usize = 16;
const SCHEME: &[u8] = b"bearer ";

/// A secret with the name of its owner. Only the digest of the secret is kept, and two digests are
/// compared in constant time.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) name: String,
    pub(super) right: Right,
    secret: Hash,
}

impl Token {
    /// Creates a token.
    ///
    /// # Errors
    /// Tells that the secret is too short.
    pub(super) fn new(name: String, secret: &[u8], right: Right) -> Result<Self, String> {
        if secret.len() < LEAST_BYTES {
            return Err(format!(
                "the secret of the token `{name}` has fewer than {LEAST_BYTES} bytes, so it opens nothing: \
                 take a longer one, for example that of `openssl rand -hex 16`"
            ));
        }
        Ok(Self { name, right, secret: blake3::hash(secret) })
    }
}

/// Returns the token with this secret. All tokens are compared, so the time does not tell which.
pub(super) fn find<'a>(tokens: &'a [Token], secret: &Hash) -> Option<&'a Token> {
    tokens
        .iter()
        .fold(None, |found, token| if token.secret == *secret { Some(token) } else { found })
}

/// Returns the digest of the secret that a request shows. Two headers, and another scheme, show a
/// secret that is nobody's.
pub(super) fn shown(request: &Parts) -> Option<Hash> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next()?.as_bytes();
    let (scheme, secret) = header.split_at_checked(SCHEME.len()).unwrap_or_default();
    let is_bearer = scheme.eq_ignore_ascii_case(SCHEME) && headers.next().is_none();
    Some(blake3::hash(if is_bearer { secret } else { b"" }))
}
