//! `cachery explain`: where the values of a cache are, how long they live, and why calls miss.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    change,
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
    service::Service,
    stats::{self, Cache, Site},
};

/// One function's settings, as the route returns them.
#[derive(Deserialize)]
struct Function {
    #[serde(rename = "function")]
    path: String,
    place: String,
    settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    field: String,
    value: String,
    source: String,
}

/// The settings that decide where a value is and how long it lives.
const TOLD: [&str; 9] = [
    "enabled",
    "backend",
    "ttl",
    "stale",
    "stale_if_error",
    "memory_ttl",
    "jitter",
    "capacity",
    "max_bytes",
];

/// Explains a cache, and one key of it where the service can.
pub(crate) fn run(
    service: &Service,
    name: &str,
    parts: &[String],
    screen: &Screen,
) -> Result<Outcome, String> {
    let caches = stats::all(service)?;
    let cache = stats::one(&caches, name)?;
    let settings = service.get(&change::path(name, "")?)?;
    let mut rows = reasons(cache);
    let key = if parts.is_empty() { Value::Null } else { key(service, name, parts, &mut rows)? };
    let functions = Vec::<Function>::deserialize(&settings["settings"]).unwrap_or_default();
    let functions: String = functions.iter().map(|function| function.text(screen)).collect();
    let text = format!("{}\n\n{}{functions}", summary(cache), row::text(&rows, screen));
    let json =
        json!({ "cache": name, "reasons": rows, "key": key, "functions": settings["settings"] });
    Ok(Outcome::new(text, json, Code::Well))
}

impl Function {
    fn text(&self, screen: &Screen) -> String {
        let told = self.settings.iter().filter(|setting| TOLD.contains(&&*setting.field));
        let rows: Vec<_> = told.map(Setting::row).collect();
        format!("\n{} ({})\n{}", self.path, self.place, row::text(&rows, screen))
    }
}

impl Setting {
    fn row(&self) -> Row {
        Row::well(&self.field, format!("{} (from {})", self.value, self.source))
    }
}

fn summary(cache: &Cache) -> String {
    let Some(Site { policy, .. }) = cache.sites.first() else {
        return format!("{} has no function.", cache.name);
    };
    let place = match &*policy.backend {
        "redis" => "in Redis",
        "tiered" => "in Redis, and in the memory of each process that read them",
        _ => "in the memory of this process",
    };
    let life = policy.ttl.map_or("until they are invalidated or evicted".to_owned(), |ttl| {
        format!("for {} at most", stats::seconds(Some(ttl)))
    });
    format!(
        "{} keeps values {place}, {life}. Now {} of {} entries are in memory.",
        cache.name,
        cache.stats.size,
        cache.capacity()
    )
}

/// Returns the reasons for which calls of the cache missed.
fn reasons(cache: &Cache) -> Vec<Row> {
    let stats = &cache.stats;
    let is_off = cache.sites.iter().any(|site| !site.policy.enabled);
    let mut rows = Vec::new();
    if is_off {
        rows.push(
            Row::new(Mark::Bad, "switched off", "each call runs its function")
                .todo("switch it on: `POST /api/cache/{name}/enable`, or see `enabled` below"),
        );
    }
    let mut reason = |count: u64, name: &str, why: &str, todo: &str| {
        if count > 0 {
            let row = Row::new(Mark::Warning, name, format!("{count} {why}"));
            rows.push(row.todo(todo));
        }
    };
    reason(
        stats.evictions.expired,
        "expired",
        "entries were over their ttl",
        "a longer ttl keeps them",
    );
    reason(
        stats.evictions.size + stats.evictions.bytes,
        "evicted",
        "entries gave way to others",
        "raise `capacity` or `max_bytes`",
    );
    reason(
        stats.evictions.too_large,
        "too large",
        "values alone are larger than `max_bytes`",
        "raise `max_bytes`",
    );
    let invalidations = stats.invalidations.key + stats.invalidations.cache;
    reason(invalidations, "invalidated", "invalidations ended entries", "that is as it should be");
    reason(
        cache.unstorable(),
        "not stored",
        "values could not be stored in Redis",
        "`cachery doctor` names the reason",
    );
    reason(
        stats.remote.corrupt,
        "corrupt",
        "stored values could not be decoded",
        "each is overwritten",
    );
    reason(
        stats.remote.unavailable,
        "Redis away",
        "requests had no reply in time",
        "`cachery health` shows the servers",
    );
    reason(
        stats.load_errors,
        "failed",
        "loads returned an error, which is not stored",
        "see what the function calls",
    );
    if rows.is_empty() {
        let why = if cache.calls() == 0 {
            "it was not called yet"
        } else {
            "each key missed once, at its first call"
        };
        rows.push(Row::well("misses", why));
    }
    rows
}

/// Asks the service about one key. A service that cannot tell is no failure: the rows say so.
fn key(
    service: &Service,
    name: &str,
    parts: &[String],
    rows: &mut Vec<Row>,
) -> Result<Value, String> {
    let path = change::path(name, "/explain")?;
    let reply = service.post(&path, &change::key(parts))?;
    if reply.status.is_success() {
        rows.insert(0, Row::well("key", reply.body.to_string()));
        return Ok(reply.body);
    }
    rows.insert(
        0,
        Row::new(
            Mark::Skipped,
            "key",
            "this service tells of the whole cache only, and not of one key",
        ),
    );
    Ok(Value::Null)
}
