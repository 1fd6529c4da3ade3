//! The steps of a check at one server.

use std::time::Duration;

use cachery::health::{Breaker, Push, Reason, ServerHealth, Status};
use serde::Serialize;

use super::path::WayThere;
use crate::row::{Mark, Row};

/// A quarter of the time that a call may wait for Redis, by default.
pub(super) const SLOW: Duration = Duration::from_millis(25);

/// The words by which the health tells of a clock that is far from ours.
const CLOCK: &str = "its clock is";

/// One server with its steps.
#[derive(Serialize)]
pub(super) struct Checked {
    pub(super) address: String,
    pub(super) rows: Vec<Row>,
}

/// The steps at a server, in the order in which a connection takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Tls,
    Reply,
    Login,
    Scripts,
    Role,
    Store,
}

/// The steps behind the connection.
const STEPS: [Step; 6] =
    [Step::Tls, Step::Reply, Step::Login, Step::Scripts, Step::Role, Step::Store];

impl Checked {
    /// Checks the server that has this `health`.
    pub(super) fn of(health: &ServerHealth, tls: bool, is_stored: bool) -> Self {
        let way = WayThere::to(&health.address);
        let mut rows = way.rows;
        if !way.is_open && health.status == Status::Down {
            rows.extend(
                STEPS
                    .iter()
                    .filter(|step| step.is_taken(tls))
                    .map(|step| Row::skipped(step.name())),
            );
            return Self { address: health.address.clone(), rows };
        }
        let failed = health.reason.map(|reason| Step::of(reason, tls));
        let failed = failed.or((!is_stored).then_some(Step::Store));
        rows.extend(
            STEPS.iter().filter(|step| step.is_taken(tls)).map(|step| step.row(failed, health)),
        );
        if failed.is_none_or(|failed| failed > Step::Role) {
            rows.extend([memory_policy(health), pushes(health), round_trip(health), clock(health)]);
        }
        rows.extend(waiting(health));
        Self { address: health.address.clone(), rows }
    }
}

impl Step {
    /// Returns the step at which a connection fails for `reason`.
    fn of(reason: Reason, tls: bool) -> Self {
        match reason {
            Reason::NoAuth | Reason::WrongPassword => Self::Login,
            Reason::NoEval => Self::Scripts,
            Reason::ReadOnly | Reason::Moved | Reason::ClusterDown | Reason::Resharding => {
                Self::Role
            }
            Reason::NoPermission
            | Reason::OutOfMemory
            | Reason::Refused
            | Reason::Replay
            | Reason::UnexpectedReply
            | Reason::NoRandomness
            | Reason::TooSlow => Self::Store,
            // Nothing that was sent over TLS was answered.
            Reason::Io | Reason::Timeout | Reason::Connecting if tls => Self::Tls,
            _ => Self::Reply,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::Reply => "reply",
            Self::Login => "login",
            Self::Scripts => "scripts",
            Self::Role => "replication",
            Self::Store => "store",
        }
    }

    fn is_taken(self, tls: bool) -> bool {
        self != Self::Tls || tls
    }

    /// Returns the row of the step, of which another or this one has failed.
    fn row(self, failed: Option<Self>, health: &ServerHealth) -> Row {
        match failed {
            Some(failed) if failed < self => Row::skipped(self.name()),
            Some(failed) if failed == self => failure(self, health),
            _ => self.well(health),
        }
    }

    fn well(self, health: &ServerHealth) -> Row {
        let value = match self {
            Self::Tls => "both certificates are trusted".to_owned(),
            Self::Reply => match &health.version {
                Some(version) => format!("Redis {version}"),
                None => "it answers".to_owned(),
            },
            Self::Login => "accepted".to_owned(),
            Self::Scripts => "allowed".to_owned(),
            Self::Role => replication(health),
            Self::Store => "a value was stored and read back".to_owned(),
        };
        let row = Row::well(self.name(), value);
        if self == Self::Role && health.role.as_deref() == Some("slave") {
            let todo = "write the address of the master, or use `redis-sentinel://`";
            return Row { mark: Mark::Bad, ..row }.todo(todo);
        }
        row
    }
}

/// Returns the row of the step that has failed.
fn failure(step: Step, health: &ServerHealth) -> Row {
    let row = Row::new(Mark::Bad, step.name(), reason(health)).todos(&health.problems);
    if step == Step::Store && health.reason.is_none() {
        return row.todo("its memory may be full: raise `maxmemory`; its own log may say more");
    }
    row
}

/// Returns the reason in a few words, as metrics have it.
fn reason(health: &ServerHealth) -> String {
    health.reason.map_or("a value was not read back", Reason::as_str).to_owned()
}

fn replication(health: &ServerHealth) -> String {
    match (health.role.as_deref(), health.replicas) {
        (Some("master"), Some(0)) => "the master, without replicas".to_owned(),
        (Some("master"), Some(1)) => "the master, with a replica".to_owned(),
        (Some("master"), Some(count)) => format!("the master, with {count} replicas"),
        (Some(_), _) => "a replica: it refuses to store".to_owned(),
        (None, _) => "unknown: the user may not run `INFO`".to_owned(),
    }
}

/// Returns the row of the rule by which a full server makes room. Problems of the server that no
/// other row shows stand here, too: its version and its rule.
fn memory_policy(health: &ServerHealth) -> Row {
    let policy = health.eviction_policy.as_deref().unwrap_or("unknown");
    if health.reason.is_some() {
        return Row::well("when full", policy);
    }
    let shown = ["CLIENT TRACKING", "push", CLOCK];
    let elsewhere = |problem: &&String| !shown.iter().any(|part| problem.contains(part));
    let problems: Vec<_> = health.problems.iter().filter(elsewhere).collect();
    let mark = if problems.is_empty() { Mark::Well } else { Mark::Warning };
    Row::new(mark, "when full", policy).todos(problems)
}

fn pushes(health: &ServerHealth) -> Row {
    let name = "pushes";
    match health.push {
        Push::Up => Row::well(name, "other nodes' invalidations arrive"),
        Push::Subscribed => {
            Row::well(name, "other nodes' invalidations arrive by pub/sub; memory is emptied within a second where one is lost")
        }
        Push::Absent => Row::well(name, "none by the REST API: memory keeps entries for the outage ttl at most"),
        Push::Forbidden => Row::new(Mark::Warning, name, "the server allows neither `CLIENT TRACKING` nor pub/sub")
            .todo("grant `+client|tracking` and `+hello`; until then memory keeps entries for the outage ttl only"),
        _ => Row::new(Mark::Warning, name, "they do not arrive")
            .todo("memory keeps entries for the outage ttl only until they do; see what stands between this machine and Redis"),
    }
}

fn round_trip(health: &ServerHealth) -> Row {
    let Some(time) = health.round_trip else {
        return Row::new(Mark::Skipped, "round trip", "unknown");
    };
    let value = format!("{:.1} ms", time.as_secs_f64() * 1e3);
    if time <= SLOW {
        return Row::well("round trip", value);
    }
    Row::new(Mark::Warning, "round trip", value).todo(
        "every hit in Redis costs this: move the two closer together, or use CACHE_TYPE=tiered",
    )
}

/// Returns the row of the server's clock.
fn clock(health: &ServerHealth) -> Row {
    let Some(offset) = health.clock_offset else {
        return Row::new(Mark::Skipped, "clock", "unknown: the server does not tell its time");
    };
    let value = format!("{:.1} s from that of this machine", offset.abs());
    match health.problems.iter().find(|problem| problem.contains(CLOCK)) {
        None => Row::well("clock", value),
        problem => Row::new(Mark::Warning, "clock", value).todos(problem),
    }
}

/// Returns rows of what waits for the server.
fn waiting(health: &ServerHealth) -> Vec<Row> {
    let mut rows = Vec::new();
    if health.breaker != Breaker::Closed {
        let row = Row::new(Mark::Warning, "breaker", "open: calls do not wait for this server");
        rows.push(row.todo("it closes by itself once the server answers"));
    }
    rows
}
