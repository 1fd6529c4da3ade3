//! Changes from outside. Each leaves one audit line before it is made.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use cachery_core::{CacheHandle, Invalidation};
use serde_json::{Value, json};

use crate::{
    admin::Admin,
    guard::Caller,
    reply::{self, Refusal},
};

/// Makes the change that the path names to one cache.
pub(crate) async fn cache(
    State(admin): State<Arc<Admin>>,
    Extension(Caller(caller)): Extension<Caller>,
    Path((name, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let cache = admin.caches.get(&name).ok_or_else(Refusal::no_cache)?;
    let action = match action.as_str() {
        "clear" => Action::Clear,
        "enable" => Action::Enable,
        "disable" => Action::Disable,
        _ => {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "a cache has no such change: it has `clear`, `enable`, `disable`",
            ));
        }
    };
    has_nothing(&body)?;
    audit(&caller, action.name(), cache.name());
    Ok(action.make(&cache).await)
}

/// Reads all settings again.
pub(crate) async fn reload(
    State(admin): State<Arc<Admin>>,
    Extension(Caller(caller)): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Refusal> {
    has_nothing(&body)?;
    audit(&caller, "reload", "");
    Ok(match admin.caches.reload().await {
        Ok(changes) => reply::json(StatusCode::OK, &changes),
        Err(error) => {
            let message = "the settings have faults, so nothing is changed";
            let body = json!({ "error": message, "faults": error.faults() });
            reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
        }
    })
}

/// A change to one cache.
#[derive(Clone, Copy)]
enum Action {
    Clear,
    Enable,
    Disable,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Enable => "enable",
            Self::Disable => "disable",
        }
    }

    async fn make(self, cache: &CacheHandle) -> Response {
        match self {
            Self::Clear => done(cache, self.name(), cache.clear().await),
            Self::Enable | Self::Disable => {
                cache.set_enabled(matches!(self, Self::Enable));
                let body = json!({
                    "cache": cache.name(),
                    "action": self.name(),
                    // While `CACHE_ENABLED=false` switches everything off, it stays off.
                    "enabled": cache.policy().enabled,
                });
                reply::json(StatusCode::OK, &body)
            }
        }
    }
}

/// Returns the response to an invalidation: 202 where Redis is told later.
fn done(cache: &CacheHandle, action: &str, reach: Invalidation) -> Response {
    let status = if reach == Invalidation::Queued { StatusCode::ACCEPTED } else { StatusCode::OK };
    let body = json!({ "cache": cache.name(), "action": action, "reach": reach });
    reply::json(status, &body)
}

/// Refuses a body with anything in it, for a change that takes nothing.
fn has_nothing(body: &[u8]) -> Result<(), Refusal> {
    let is_empty = || {
        let value = serde_json::from_slice(body);
        matches!(value, Ok(Value::Object(fields)) if fields.is_empty())
    };
    if body.is_empty() || is_empty() {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, "this change takes no body, or `{}`"))
}

/// Writes the audit line of a change that is about to be made.
fn audit(caller: &str, action: &str, cache: &str) {
    tracing::info!(target: "cachery::audit", caller, action, cache, "a change from outside");
}
