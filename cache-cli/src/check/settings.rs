//! The first steps of a check: the settings, and the source of the URL.

use cachery::config::Setting;
use cachery_core::Preview;

use crate::{
    config,
    row::{Mark, Row},
};

/// Returns a row for each setting that leads to Redis, then the faults and notes.
pub(super) fn rows(preview: &Preview) -> Vec<Row> {
    let file = preview.config.file.as_deref().unwrap_or("none: this directory has no cache.toml");
    let profile = preview.config.profile.as_deref().unwrap_or("none: CACHE_ENV is not set");
    let mut rows = vec![Row::well("file", file), Row::well("profile", profile), url(preview)];
    rows.extend(setting(preview, "prefix").map(|prefix| Row::well("prefix", from(prefix))));
    rows.extend(config::faults(preview));
    rows
}

/// Tells whether there is a Redis to ask.
pub(super) fn lead_to_redis(preview: &Preview) -> bool {
    preview.faults.is_empty() && url_setting(preview).is_some()
}

/// Returns the value of a setting of Redis with its source.
pub(super) fn setting<'a>(preview: &'a Preview, field: &str) -> Option<&'a Setting> {
    preview.config.redis.iter().find(|setting| setting.field == field)
}

fn url_setting(preview: &Preview) -> Option<&Setting> {
    setting(preview, "url").filter(|url| url.source != "built-in")
}

/// Returns the row of the URL: the source that gives it, and those that it wins over.
fn url(preview: &Preview) -> Row {
    let Some(url) = url_setting(preview) else {
        let row = Row::new(Mark::Bad, "URL", "none: no source names a Redis");
        return row.todo("set REDIS_URL, for example redis://localhost:6379");
    };
    let mut value = format!("from {}", url.source);
    for weaker in &url.overruled {
        value.extend([", which wins over ", &weaker.source]);
    }
    value += if preview.tls { "; it asks for TLS" } else { "; without TLS" };
    Row::well("URL", value)
}

fn from(setting: &Setting) -> String {
    let Setting { value, source, .. } = setting;
    if source == "built-in" { value.clone() } else { format!("{value} (from {source})") }
}
