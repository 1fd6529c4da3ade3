//! Health as rows: a name, a state, and the remedy where that is bad.

use std::{fmt::Write as _, time::Duration};

use cachery::health::{Breaker, Health, Push, ServerHealth, Status};

/// A quarter of the time that a call may wait for Redis, by default.
const SLOW: Duration = Duration::from_millis(25);

/// One row, with its remedy if it is bad.
struct Row {
    name: &'static str,
    value: String,
    todo: Vec<String>,
}

pub(crate) fn of(health: &Health) -> String {
    let mut text = format!("Redis is {}.", word(health.status));
    if let Some(prefix) = &health.prefix {
        let _ = write!(text, "\n\n  keys begin with {prefix}:");
    }
    for note in &health.notes {
        let _ = write!(text, "\n  note: {note}");
    }
    for server in &health.servers {
        let _ = write!(text, "\n\n  {}", server.address);
        for row in rows(server) {
            row.add_to(&mut text);
        }
    }
    text
}

impl Row {
    fn new(name: &'static str, value: impl Into<String>, todo: Option<&str>) -> Self {
        Self { name, value: value.into(), todo: todo.into_iter().map(str::to_owned).collect() }
    }

    /// Writing to a string cannot fail.
    fn add_to(&self, text: &mut String) {
        let mark = if self.todo.is_empty() { ' ' } else { '!' };
        let _ = write!(text, "\n{mark} {:<12} {}", self.name, self.value);
        for todo in &self.todo {
            let _ = write!(text, "\n{:>14} -> {todo}", "");
        }
    }
}

fn rows(server: &ServerHealth) -> [Row; 7] {
    let unknown = || "unknown".to_owned();
    let (wait, waits) = (server.round_trip, server.queued > 0);
    [
        Row {
            name: "status",
            value: word(server.status).to_owned(),
            todo: server.problems.clone(),
        },
        Row::new("round trip", wait.map_or_else(unknown, millis), slow(wait)),
        Row::new("version", server.version.clone().unwrap_or_else(unknown), None),
        Row::new("when full", server.eviction_policy.clone().unwrap_or_else(unknown), None),
        Row::new("push link", push(server.push), None),
        Row::new("breaker", breaker(server.breaker), open(server.breaker)),
        Row::new("queue", format!("{} invalidations", server.queued), waits.then_some(QUEUED)),
    ]
}

const QUEUED: &str = "they are sent before Redis is read again; first see to the status above";

fn slow(round_trip: Option<Duration>) -> Option<&'static str> {
    let slow = round_trip.is_some_and(|time| time > SLOW);
    slow.then_some(
        "every hit in Redis costs this: move the two closer together, or use CACHE_TYPE=tiered",
    )
}

fn open(breaker: Breaker) -> Option<&'static str> {
    let open = breaker != Breaker::Closed;
    open.then_some("calls do not wait for this server; it closes by itself once the server answers")
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Up => "up",
        Status::Degraded => "degraded",
        _ => "down",
    }
}

fn push(push: Push) -> &'static str {
    match push {
        Push::Up => "up",
        Push::Forbidden => "forbidden",
        _ => "down",
    }
}

fn breaker(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::Closed => "closed",
        Breaker::HalfOpen => "half open",
        _ => "open",
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
