//! The number by which a browser tells our style and script from others'.

use axum::http::StatusCode;

use crate::reply::Refusal;

/// Returns 128 random bits as hexadecimal digits. Each page has its own.
pub(super) fn draw() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the system has no random numbers")
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
