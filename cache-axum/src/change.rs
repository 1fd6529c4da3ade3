//! Changes from outside. Each leaves one audit line before it is made.

mod audit;
mod key;
mod parts;

pub(crate) use key::{parts_of, parts_of_value};

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use cachery_core::{CacheHandle, Invalidation, Look, Target};
use serde::Serialize;
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
    match &*action {
        "clear" => {
            has_nothing(&body)?;
            audit::line(&caller, "clear", cache.name());
            Ok(done(&cache, "clear", cache.clear().await))
        }
        "enable" => switch(&caller, &cache, &body, true),
        "disable" => switch(&caller, &cache, &body, false),
        "expire" if is_nothing(&body) => {
            audit::line(&caller, "expire", cache.name());
            Ok(done(&cache, "expire", cache.expire_all().await))
        }
        "invalidate" | "expire" => {
            let key = key::read(&cache, &body)?;
            audit::line_with_key(&caller, &action, cache.name(), key.as_bytes());
            let target = key::target(&cache, key);
            let target = if action == "expire" { target.map(Target::expiring) } else { target };
            Ok(done(&cache, &action, key::apply(&admin.caches, target).await))
        }
        "explain" => {
            let key = key::read(&cache, &body)?;
            audit::line_with_key(&caller, "explain", cache.name(), key.as_bytes());
            Ok(explained(&cache, &cache.look(&key).await))
        }
        _ => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "a cache has no such change: it has `clear`, `invalidate`, `expire`, `explain`, `enable` \
             and `disable`",
        )),
    }
}

/// Makes the change that the path names to all entries that have the value of a tag in the body.
pub(crate) async fn tag(
    State(admin): State<Arc<Admin>>,
    Extension(Caller(caller)): Extension<Caller>,
    Path((name, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let tag = admin.caches.tag(&name).ok_or_else(Refusal::no_tag)?;
    let line = match &*action {
        "invalidate" => "invalidate-tag",
        "expire" => "expire-tag",
        _ => {
            let message = "a tag has no such change: it has `invalidate` and `expire`";
            return Err(Refusal::new(StatusCode::NOT_FOUND, message));
        }
    };
    let value = key::read_value(&tag, &body)?;
    audit::line_with_key(&caller, line, tag.name(), value.as_bytes());
    let reach =
        if action == "expire" { tag.expire(&value).await } else { tag.invalidate(&value).await };
    let body = json!({ "tag": tag.name(), "action": action, "reach": reach });
    Ok(reply::json(status(reach), &body))
}

/// Reads all settings again.
pub(crate) async fn reload(
    State(admin): State<Arc<Admin>>,
    Extension(Caller(caller)): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Refusal> {
    has_nothing(&body)?;
    audit::line(&caller, "reload", "");
    Ok(match admin.caches.reload().await {
        Ok(changes) => reply::json(StatusCode::OK, &changes),
        Err(error) => {
            let message = "the settings have faults, so nothing is changed";
            let body = json!({ "error": message, "faults": error.faults() });
            reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
        }
    })
}

fn switch(
    caller: &str,
    cache: &CacheHandle,
    body: &[u8],
    enabled: bool,
) -> Result<Response, Refusal> {
    has_nothing(body)?;
    let action = if enabled { "enable" } else { "disable" };
    audit::line(caller, action, cache.name());
    cache.set_enabled(enabled);
    // While `CACHE_ENABLED=false` switches everything off, it stays off.
    let enabled = cache.policy().enabled;
    let body = json!({ "cache": cache.name(), "action": action, "enabled": enabled });
    Ok(reply::json(StatusCode::OK, &body))
}

fn done(cache: &CacheHandle, action: &str, reach: Invalidation) -> Response {
    let body = json!({ "cache": cache.name(), "action": action, "reach": reach });
    reply::json(status(reach), &body)
}

/// Returns what a look at one key has found. It changes nothing, but a caller who may read only
/// could try by it which arguments were passed.
fn explained(cache: &CacheHandle, look: &Look) -> Response {
    reply::json(StatusCode::OK, &Explained { cache: cache.name(), action: "explain", look })
}

#[derive(Serialize)]
struct Explained<'a> {
    cache: &'a str,
    action: &'a str,
    #[serde(flatten)]
    look: &'a Look,
}

/// Returns the status of an invalidation: 202 where Redis is told later.
fn status(reach: Invalidation) -> StatusCode {
    if reach == Invalidation::Queued { StatusCode::ACCEPTED } else { StatusCode::OK }
}

/// Refuses a body with anything in it, for a change that takes nothing.
fn has_nothing(body: &[u8]) -> Result<(), Refusal> {
    if is_nothing(body) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, "this change takes no body, or `{}`"))
}

/// Tells whether a body has nothing in it.
fn is_nothing(body: &[u8]) -> bool {
    let is_empty = || {
        let value = serde_json::from_slice(body);
        matches!(value, Ok(Value::Object(fields)) if fields.is_empty())
    };
    body.is_empty() || is_empty()
}
