//! `cachery explain NAME PARTS…`: where the value of one key is, and what its next call will do.

use serde::Deserialize;
use serde_json::json;

use crate::{
    change,
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
    service::Service,
    stats,
};

/// The reply of the route.
#[derive(Deserialize)]
struct Look {
    next: String,
    loading: bool,
    held_off_seconds: Option<f64>,
    declined: bool,
    unstorable: Option<String>,
    over_budget: bool,
    memory: Found,
    remote: Option<Found>,
}

/// The value of one tier.
#[derive(Deserialize)]
struct Found {
    state: String,
    age_seconds: Option<f64>,
    fresh_for_seconds: Option<f64>,
    hint: Option<String>,
    tag: Option<String>,
}

/// Explains one key of a cache.
pub(super) fn run(
    service: &Service,
    name: &str,
    parts: &[String],
    screen: &Screen,
) -> Result<Outcome, String> {
    let path = change::path(name, "/explain")?;
    let mut body = change::send(service, &path, &change::key(parts))?.body;
    let look = Look::deserialize(&body)
        .map_err(|error| format!("{path} has an unknown form ({error}): update this command"))?;
    let rows = look.rows();
    let text = format!("{name}, one key\n\n{}", row::text(&rows, screen));
    body["rows"] = json!(rows);
    let code = if look.is_hit() { Code::Well } else { Code::Unwell };
    Ok(Outcome::new(text, body, code))
}

impl Look {
    /// Tells whether the next call takes a stored value.
    fn is_hit(&self) -> bool {
        matches!(&*self.next, "memory" | "remote")
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![self.next_call(), self.memory.row("memory")];
        rows.extend(self.remote.iter().map(|remote| remote.row("Redis")));
        rows.extend(self.notes());
        rows
    }

    fn next_call(&self) -> Row {
        let mark = if self.is_hit() { Mark::Well } else { Mark::Warning };
        let value = match &*self.next {
            "memory" => "a hit in memory",
            "remote" => "a hit in Redis",
            "error" => "the error of the last load, which `err_ttl` keeps for a while",
            "wait" => "waits for the load that runs now",
            "off" => "runs the function: the cache is switched off",
            "load" => "a miss: it loads",
            next => next,
        };
        Row::new(mark, "next call", value)
    }

    /// Returns what else decides about the next calls.
    fn notes(&self) -> Vec<Row> {
        let warning = |name: &str, value: String| Row::new(Mark::Warning, name, value);
        let off = (self.next == "off").then(|| {
            warning("switch", "the cache is off; what is stored stays".to_owned())
                .todo("switch it on by the route `enable`, or see its setting `enabled`")
        });
        let loading = self
            .loading
            .then(|| Row::well("load", "one runs in this process; its callers share it"));
        let held_off = self.held_off_seconds.map(|time| {
            let time = stats::seconds(Some(time));
            warning("held off", format!("the last load failed; the next one is due in {time}"))
                .todo(
                    "see what the function calls; `expire` or `invalidate` the key to load at once",
                )
        });
        let declined = self.declined.then(|| {
            warning("not kept", "the last value was not to be stored".to_owned())
                .todo("see `cache_if` and `ttl_of` of the function")
        });
        let unstorable = self.unstorable.as_ref().map(|reason| {
            warning("not in Redis", format!("the last value could not be stored there ({reason})"))
                .todo("`cachery doctor` says what to do")
        });
        let budget = self.over_budget.then(|| {
            warning("budget", "what is left of it does not allow a load".to_owned())
                .todo("raise it, or wait until its window is over")
        });
        [off, loading, held_off, declined, unstorable, budget].into_iter().flatten().collect()
    }
}

impl Found {
    fn row(&self, tier: &str) -> Row {
        let (mark, told) = self.told();
        let age =
            self.age_seconds.map(|age| format!(", written {} ago", stats::seconds(Some(age))));
        let left = self
            .fresh_for_seconds
            .map(|left| format!(", fresh for {} more", stats::seconds(Some(left))));
        let value = [Some(told), age, left].into_iter().flatten().collect::<Vec<_>>().concat();
        let row = Row::new(mark, tier, value);
        match &*self.state {
            "absent" => row.todo(
                "it was never stored here, has expired, gave way to others, or was invalidated: \
                 a tier keeps no trace; `cachery explain NAME` counts each cause",
            ),
            "corrupt" => row.todo("the next call loads and overwrites it"),
            "unreachable" => row.todo("`cachery health` shows the servers"),
            _ => row,
        }
    }

    fn told(&self) -> (Mark, String) {
        let (mark, told) = match &*self.state {
            "fresh" => (Mark::Well, "fresh"),
            "refresh_due" => (Mark::Well, "fresh, and renewed by the next call"),
            "stale" => (Mark::Well, "past its ttl; serves while a new one is loaded"),
            "usable_on_error" => (Mark::Warning, "past its ttl; serves only when a load fails"),
            "expired" => (Mark::Warning, "made to expire; serves only when a load fails"),
            "error" => (Mark::Warning, "an error"),
            "absent" => (Mark::Skipped, "nothing"),
            "over" => (Mark::Warning, "past its end"),
            "invalid_tag" => (Mark::Warning, "invalidated by a tag"),
            "invalid" => (
                Mark::Warning,
                "invalidated by another node: the key, one of its group, or the whole cache",
            ),
            "untrusted" => (Mark::Warning, "not used: Redis was away for longer than `outage_ttl`"),
            "corrupt" => (Mark::Warning, "damaged, or not written by this program"),
            "unreachable" => (Mark::Bad, "could not be asked"),
            state => (Mark::Warning, state),
        };
        let more = self.hint.as_ref().or(self.tag.as_ref());
        (mark, more.map_or_else(|| told.to_owned(), |more| format!("{told} ({more})")))
    }
}
