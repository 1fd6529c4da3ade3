//! Statistics, settings and rates.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use cachery_core::Stats;
use serde::Serialize;

use crate::{
    admin::Admin,
    change,
    reply::{JSON, Refusal, TEXT},
    report::{All, Details, One, TagReport},
    table,
};

pub(crate) async fn all(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> Response {
    let report = admin.caches.report();
    let mut total = Stats::default();
    report.caches.iter().for_each(|cache| total += cache.stats);
    let one = |report| One::new(&admin, report, None);
    let caches = report.caches.into_iter().map(one).collect();
    let tags = TagReport::all(&admin.caches);
    let all = All { total, caches, tags, faults: report.faults };
    respond(&headers, &all, || table::of(&all.caches))
}

pub(crate) async fn one(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut caches = admin.caches.report().caches.into_iter();
    let report = caches.find(|cache| cache.name == name).ok_or_else(Refusal::no_cache)?;
    let mut settings = admin.caches.config().caches;
    settings.retain(|cache| cache.name == name);
    let key = admin.caches.get(&name).map(|cache| change::parts_of(&cache)).unwrap_or_default();
    let one = One::new(&admin, report, Some(Details { key, settings }));
    Ok(respond(&headers, &one, || table::with_settings(&one)))
}

/// Returns `body` as JSON, or the `table` to a caller that prefers text. A caller that has the
/// same already gets 304.
fn respond(headers: &HeaderMap, body: &impl Serialize, table: impl FnOnce() -> String) -> Response {
    let (media_type, body) = if prefers_text(headers) {
        (TEXT, table().into_bytes())
    } else {
        (JSON, serde_json::to_vec(body).unwrap_or_default())
    };
    let tag = format!("\"{}\"", &blake3::hash(&body).to_hex()[..32]);
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|tags| has_tag(tags, &tag));
    let headers = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (VARY, HeaderValue::from_static("accept, authorization")),
        (ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes")),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, body).into_response()
}

fn has_tag(tags: &HeaderValue, tag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}

/// Tells whether `text/plain` stands before every other media type that we have.
fn prefers_text(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ours = ["text/plain", "application/json", "application/*", "*/*"];
    let mut types = accepted.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    types.find(|one| ours.contains(one)) == Some("text/plain")
}
