//! The health of a server, with the way out of each problem.

use std::time::Duration;

use cachery_core::{Breaker, Push, ServerHealth, Status, remote::Reason};

use super::{
    clock, feed::STALENESS, observed::Seen, push_channel::PushState, replay::Replays,
    shared::UNVERIFIED, state::ServerState,
};
use crate::connection::{RequestError, field};

/// The longest time for which a link that pushes nothing any more goes unnoticed: a heartbeat, and
/// the time that its reply has.
const TRACKED: Duration = Duration::from_secs(2);
const BY_FEED: &str = "it does not allow `CLIENT TRACKING`: invalidations come by pub/sub, and memory is emptied within \
     a second where one is missed";

const BY_REST: &str = "it is reached by a REST API, which pushes no invalidations: memory entries live for the outage \
     ttl at most; its address that begins with `rediss://` has pub/sub";

/// Returns the health of a server as far as it is known.
pub(super) fn of(state: &ServerState, replays: &Replays) -> ServerHealth {
    let mut health = ServerHealth::unknown(&*state.address());
    health.push = push(state);
    health.staleness = match health.push {
        Push::Up => Some(TRACKED),
        Push::Subscribed => Some(STALENESS),
        _ => None,
    };
    if health.push == Push::Subscribed {
        health.notes.push(BY_FEED.to_owned());
    }
    if health.push == Push::Absent {
        health.notes.push(BY_REST.to_owned());
    }
    health.breaker = state.breaker.position();
    if state.shared.is_unverified() {
        health.notes.push(format!("TLS is not verified: {UNVERIFIED}"));
    }
    health.queued = state.shared.hooks.queued(&|slot| state.owns(slot));
    let seen = state.observed.seen();
    if let Some((reason, problem)) = problem(state, replays, &seen, &health) {
        health.reason = Some(reason);
        health.problems.push(problem);
    } else {
        health.status = Status::Up;
        health.round_trip = seen.round_trip;
        health.clock_offset = seen.clock_offset;
        read_info(&seen.info, &mut health);
        health.problems.extend(clock::problem(seen.clock_offset));
        // `INFO` of Redis tells of a bound without eviction by itself, and when that is over.
        if state.shared.is_rest() && seen.was_full() {
            let hint = Reason::OutOfMemory.hint();
            health
                .problems
                .push(format!("it has refused to store a value within the last minute: {hint}"));
        }
        health.problems.extend(queue_problem(health.queued));
    }
    health.problems.extend(push_problem(&health).map(str::to_owned));
    if health.status == Status::Up && !health.problems.is_empty() {
        health.status = Status::Degraded;
    }
    health
}

/// Returns the state of the link. It is down until memory was emptied of what is older.
fn push(state: &ServerState) -> Push {
    match state.push_channel.health() {
        Push::Up | Push::Subscribed if !state.shared.reception.receives(state.number) => {
            match state.push_channel.state() {
                // Nor does the master that would have the feed tell of anything.
                PushState::Elsewhere => Push::Forbidden,
                _ => Push::Down,
            }
        }
        push => push,
    }
}

/// Returns the reason for which the server cannot be used, and its message, if there is one.
fn problem(
    state: &ServerState,
    replays: &Replays,
    seen: &Seen,
    health: &ServerHealth,
) -> Option<(Reason, String)> {
    if let Some(error) = state.connect_error() {
        return Some((error.reason, error.to_string()));
    }
    let error = if health.breaker != Breaker::Closed {
        RequestError::BREAKER_OPEN
    } else if seen.is_silent(state.observed.silence) {
        RequestError::TIMEOUT
    } else if !state.push_channel.is_settled() {
        RequestError::CONNECTING
    } else {
        replays.refusal().filter(|_| health.queued > 0)?
    };
    Some((error.reason, error.reason.hint().to_owned()))
}

/// Returns the problem that some invalidations wait.
fn queue_problem(queued: usize) -> Option<String> {
    (queued > 0).then(|| {
        format!(
            "{queued} invalidations wait for it, so other nodes may serve what they end: they are \
             sent as soon as it takes them"
        )
    })
}

fn push_problem(health: &ServerHealth) -> Option<&'static str> {
    match health.push {
        Push::Forbidden => Some(
            "it allows neither `CLIENT TRACKING` nor a feed by pub/sub, so memory entries live for \
             the outage ttl at most: grant `+client|tracking` and `+hello`",
        ),
        Push::Down if health.status == Status::Up => Some(
            "it does not push invalidations yet: memory entries live for the outage ttl at most \
             until it does",
        ),
        _ => None,
    }
}

fn read_info(info: &str, health: &mut ServerHealth) {
    let field = |name| field(info, name);
    health.version = field("redis_version").map(str::to_owned);
    health.eviction_policy = field("maxmemory_policy").map(str::to_owned);
    health.role = field("role").map(str::to_owned);
    health.replicas = field("connected_slaves").and_then(|count| count.parse().ok());
    let mut problem = |text: &str| health.problems.push(text.to_owned());
    let is_limited = field("maxmemory").is_some_and(|bytes| bytes != "0");
    if is_limited && field("maxmemory_policy") == Some("noeviction") {
        problem(
            "it stores nothing any more once its memory is full: set `maxmemory-policy` to \
             `allkeys-lru` or `volatile-lru`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(info: &str) -> ServerHealth {
        let mut health = ServerHealth::unknown("h:1");
        read_info(info, &mut health);
        health
    }

    #[test]
    fn a_server_that_fills_up_without_evicting_is_a_problem() {
        let health =
            read("redis_version:7.0.15\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n");
        assert_eq!(health.version.as_deref(), Some("7.0.15"));
        assert_eq!(health.problems.len(), 1);
        assert!(read("maxmemory:0\r\nmaxmemory_policy:noeviction").problems.is_empty());
        assert!(read("maxmemory:9\r\nmaxmemory_policy:allkeys-lru").problems.is_empty());
    }
}
