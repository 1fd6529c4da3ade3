//! The key of an invalidation from outside.

use axum::http::StatusCode;
use cachery_core::{
    __private::{Key, Site},
    CacheHandle, CacheKey, Caches, Invalidation, Invalidations, TagHandle, Target,
};
use serde_json::Value;

use super::parts::{self, Declared, Mismatch};
use crate::reply::Refusal;

/// Returns the key whose parts are the JSON array in `body`, or the refusal.
pub(super) fn read(cache: &CacheHandle, body: &[u8]) -> Result<Key, Refusal> {
    parsed(&declared(cache)?, body)
}

/// Returns the value of a tag whose parts are the JSON array in `body`, or the refusal.
pub(super) fn read_value(tag: &TagHandle, body: &[u8]) -> Result<Key, Refusal> {
    parsed(&declared_value(tag), body)
}

fn parsed(declared: &[Declared], body: &[u8]) -> Result<Key, Refusal> {
    let Ok(Value::Array(values)) = serde_json::from_slice(body) else {
        let message = "the body is the parts of the key as a JSON array".to_owned();
        return Err(refusal(StatusCode::BAD_REQUEST, message, declared));
    };
    let parts = parts::read(declared, &values)
        .map_err(|mismatch| refusal(StatusCode::UNPROCESSABLE_ENTITY, told(&mismatch), declared))?;
    let parts: Vec<_> = parts.iter().map(|part| &**part as &dyn CacheKey).collect();
    Ok(Key::of(&parts))
}

/// Returns the invalidation of `key`, if the cache has a function.
pub(super) fn target(cache: &CacheHandle, key: Key) -> Option<Target> {
    cache.sites().first().map(|site| Target::key(site, key))
}

/// Applies an invalidation in the registry of the routes.
pub(super) async fn apply(caches: &Caches, target: Option<Target>) -> Invalidation {
    caches.scope(target.into_iter().collect::<Invalidations>().apply()).await
}

/// Returns the parts of the cache's key, for people; none where several functions have its name.
pub(crate) fn parts_of(cache: &CacheHandle) -> Vec<String> {
    declared(cache).map(|declared| parts::shown(&declared)).unwrap_or_default()
}

/// Returns the parts of a tag's values, for people.
pub(crate) fn parts_of_value(tag: &TagHandle) -> Vec<String> {
    parts::shown(&declared_value(tag))
}

/// Returns the parts of a tag's values: those that a cache declared with this type as its key has.
fn declared_value(tag: &TagHandle) -> Vec<Declared> {
    Site::named(tag.name(), "", tag.type_of_values(), "").declared().key_parts()
}

/// Returns the parts of the one function that has the name of the cache.
fn declared(cache: &CacheHandle) -> Result<Vec<Declared>, Refusal> {
    match cache.sites() {
        [site] => Ok(site.key_parts()),
        _ => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "several functions have this name, so a key is not that of one of them: `clear` them all",
        )),
    }
}

fn refusal(status: StatusCode, message: String, declared: &[Declared]) -> Refusal {
    Refusal::new(status, message).with_parts(parts::shown(declared))
}

/// Tells the mismatch, without the JSON.
fn told(mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::Unknown(place) => format!(
            "part {place} has no form in JSON, as integers, `bool`, `char`, strings, and options and \
             lists of these have: `clear` caches, or invalidate in the program"
        ),
        Mismatch::Count => "the array has more or fewer items than the key has parts".to_owned(),
        Mismatch::Value(place) => format!("item {place} of the array is not of its part's type"),
    }
}
