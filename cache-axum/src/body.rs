//! The bodies of requests.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use tokio::time::timeout;

use crate::reply::Refusal;

/// The most bytes of a body: the parts of one key.
const MOST_BYTES: usize = 64 << 10;
/// The time that a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(10);

/// Returns the body of a request once all of it has arrived. It must be JSON.
pub(crate) async fn whole(headers: &HeaderMap, body: Body) -> Result<Body, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a change needs `Content-Type: application/json`",
        ));
    }
    let bytes = timeout(WITHIN, to_bytes(body, MOST_BYTES)).await.map_err(|_| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body took longer than 10 s to arrive")
    })?;
    bytes.map(Body::from).map_err(|_| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is incomplete, or longer than 64 KiB")
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
