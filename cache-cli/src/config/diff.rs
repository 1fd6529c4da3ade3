//! `cachery config --diff`: the settings in which two profiles differ.

use std::{collections::BTreeMap, fmt::Write as _};

use cachery::config::{EffectiveConfig, Setting};
use serde_json::json;

use super::builder;
use crate::{
    options::Files,
    outcome::{Code, Outcome},
};

/// A setting by its place: `users.ttl`, `redis.prefix`, `strict`.
type Settings = BTreeMap<String, Setting>;

/// Shows what differs between the profiles `one` and `other`.
pub(super) fn run(
    files: &Files,
    name: Option<&str>,
    one: &str,
    other: &str,
) -> Result<Outcome, String> {
    let [left, right] = [settings(files, one)?, settings(files, other)?];
    let mut text = String::new();
    let mut differences = Vec::new();
    let places: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
    for place in places.into_iter().filter(|place| concerns(place, name)) {
        let [a, b] = [left.get(place), right.get(place)];
        let [value_a, value_b] = [a, b].map(|setting| setting.map(|s| &*s.value));
        if value_a == value_b {
            continue;
        }
        let shown = |profile: &str, setting: Option<&Setting>| match setting {
            Some(Setting { value, source, .. }) => format!("  {profile:<12} {value} ({source})\n"),
            None => format!("  {profile:<12} the attribute's\n"),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{place}\n{}{}", shown(one, a), shown(other, b));
        differences.push(json!({ "setting": place, one: a, other: b }));
    }
    if differences.is_empty() {
        text = format!("{one} and {other} have the same settings");
    }
    Ok(Outcome::new(text, json!({ "differences": differences }), Code::Well))
}

/// Tells whether a setting is one of the cache `name`, if one is named.
fn concerns(place: &str, name: Option<&str>) -> bool {
    name.is_none_or(|name| place.strip_prefix(name).is_some_and(|field| field.starts_with('.')))
}

/// Returns the settings under `profile`. Faults prevent a comparison.
fn settings(files: &Files, profile: &str) -> Result<Settings, String> {
    let preview = builder(files).profile(profile).preview();
    if let Some(fault) = preview.faults.first() {
        return Err(format!("the profile {profile} has faults: {fault}"));
    }
    Ok(by_place(preview.config))
}

fn by_place(config: EffectiveConfig) -> Settings {
    let program = config.program.into_iter().map(|setting| (setting.field.to_owned(), setting));
    let redis =
        config.redis.into_iter().map(|setting| (format!("redis.{}", setting.field), setting));
    let caches = config.caches.into_iter().flat_map(|cache| {
        let name = cache.name;
        cache
            .settings
            .into_iter()
            .map(move |setting| (format!("{name}.{}", setting.field), setting))
    });
    program.chain(redis).chain(caches).collect()
}
