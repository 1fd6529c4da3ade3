//! Responses.

use std::borrow::Cow;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A request that is not carried out. Its message has nothing of the request in it.
pub(crate) struct Refusal {
    status: StatusCode,
    message: Cow<'static, str>,
    /// The seconds to wait, where waiting helps.
    retry_after: Option<u64>,
    /// The parts of the key that was meant.
    parts: Option<Vec<String>>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), retry_after: None, parts: None }
    }

    /// Sets the seconds after which the request may be made again.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Adds the parts of the key that was meant.
    pub(crate) fn with_parts(self, parts: Vec<String>) -> Self {
        Self { parts: Some(parts), ..self }
    }

    /// Returns the refusal of a request for something that is not there.
    pub(crate) fn no_cache() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no cache has this name: `/api/cache/stats` lists them")
    }

    /// Returns the refusal of a request for a tag that is not there.
    pub(crate) fn no_tag() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no tag has this name: `/api/cache/stats` lists them")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({ "error": self.message });
        if let Some(parts) = self.parts {
            body["parts"] = parts.into();
        }
        let mut response = json(self.status, &body);
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Returns a response of `body` as JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Adds the headers of every response: what it shows is private and of this moment.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
