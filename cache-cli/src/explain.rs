//! `cachery explain`: where the values of a cache are, how long they live, and why calls miss.

mod key;

use serde::Deserialize;
use serde_json::json;

use crate::{
    change,
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
    service::Service,
    stats::{self, Cache, Site, Stats},
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

/// Explains a cache, or one of its keys.
pub(crate) fn run(
    service: &Service,
    name: &str,
    parts: &[String],
    screen: &Screen,
) -> Result<Outcome, String> {
    if parts.is_empty() {
        of_cache(service, name, screen)
    } else {
        key::run(service, name, parts, screen)
    }
}

fn of_cache(service: &Service, name: &str, screen: &Screen) -> Result<Outcome, String> {
    let caches = stats::all(service)?;
    let cache = stats::one(&caches, name)?;
    let settings = service.get(&change::path(name, "")?)?;
    let rows = reasons(cache);
    let functions = Vec::<Function>::deserialize(&settings["settings"]).unwrap_or_default();
    let functions: String = functions.iter().map(|function| function.text(screen)).collect();
    let text = format!("{}\n\n{}{functions}", summary(cache), row::text(&rows, screen));
    let json = json!({ "cache": name, "reasons": rows, "functions": settings["settings"] });
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

/// A reason for which calls miss.
struct Reason {
    name: &'static str,
    count: fn(&Stats) -> u64,
    /// The end of a sentence that begins with the count.
    why: &'static str,
    todo: &'static str,
}

const REASONS: [Reason; 8] = [
    Reason {
        name: "expired",
        count: |stats| stats.evictions.expired,
        why: "entries were over their ttl",
        todo: "a longer ttl keeps them",
    },
    Reason {
        name: "evicted",
        count: |stats| stats.evictions.size + stats.evictions.bytes,
        why: "entries gave way to others",
        todo: "raise `capacity` or `max_bytes`",
    },
    Reason {
        name: "too large",
        count: |stats| stats.evictions.too_large,
        why: "values alone are larger than `max_bytes`",
        todo: "raise `max_bytes`",
    },
    Reason {
        name: "invalidated",
        count: |stats| stats.invalidations.key + stats.invalidations.cache,
        why: "invalidations ended entries",
        todo: "that is as it should be",
    },
    Reason {
        name: "not stored",
        count: |stats| stats.remote.unstorable.values().sum(),
        why: "values could not be stored in Redis",
        todo: "`cachery doctor` names the reason",
    },
    Reason {
        name: "corrupt",
        count: |stats| stats.remote.corrupt,
        why: "stored values could not be decoded",
        todo: "each is overwritten",
    },
    Reason {
        name: "Redis away",
        count: |stats| stats.remote.unavailable,
        why: "requests had no reply in time",
        todo: "`cachery health` shows the servers",
    },
    Reason {
        name: "failed",
        count: |stats| stats.load_errors,
        why: "loads returned an error, which is not stored",
        todo: "see what the function calls",
    },
];

/// Returns the reasons for which calls of the cache missed.
fn reasons(cache: &Cache) -> Vec<Row> {
    let is_off = cache.sites.iter().any(|site| !site.policy.enabled);
    let off = is_off.then(|| {
        Row::new(Mark::Bad, "switched off", "each call runs its function")
            .todo("switch it on: `POST /api/cache/{name}/enable`, or see `enabled` below")
    });
    let counted = REASONS.iter().filter_map(|reason| reason.row(&cache.stats));
    let rows: Vec<_> = off.into_iter().chain(counted).collect();
    if !rows.is_empty() {
        return rows;
    }
    let why = match cache.calls() {
        0 => "it was not called yet",
        _ => "each key missed once, at its first call",
    };
    vec![Row::well("misses", why)]
}

impl Reason {
    fn row(&self, stats: &Stats) -> Option<Row> {
        let count = (self.count)(stats);
        let row = Row::new(Mark::Warning, self.name, format!("{count} {}", self.why));
        (count > 0).then(|| row.todo(self.todo))
    }
}
