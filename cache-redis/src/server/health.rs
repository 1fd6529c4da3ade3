//! The health of a server, with the way out of each problem.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use cachery_core::{Push, ServerHealth, Status};
use redis::Pipeline;

use super::{
    requests::{Lane, Requests},
    state::ServerState,
};
use crate::{
    connection::{RequestError, field, text},
    manager,
};

/// The time that the server gets to answer.
const LIMIT: Duration = Duration::from_millis(500);
const OLDEST: (u32, u32) = (7, 0);

/// Asks the server for its health.
pub(super) async fn measure(requests: &Requests) -> ServerHealth {
    let state = &requests.state;
    let mut health = ServerHealth::unknown(&*state.address());
    match ask(requests, &mut health).await {
        Ok(()) => health.status = Status::Up,
        Err(error) => health.problems.push(problem(state, &error)),
    }
    health.push = state.push_channel.health();
    health.breaker = state.breaker.position();
    health.queued = state.shared.hooks.queued(&|slot| state.owns(slot));
    health.problems.extend(push_problem(&health).map(str::to_owned));
    if health.status == Status::Up && !health.problems.is_empty() {
        health.status = Status::Degraded;
    }
    health
}

async fn ask(requests: &Requests, health: &mut ServerHealth) -> Result<(), RequestError> {
    let mut deadline = pin!(manager::timer(LIMIT));
    // Connecting does not belong to the round trip.
    requests.session(deadline.as_mut()).await?;
    let began = Instant::now();
    requests.ask(Pipeline::new().cmd("PING"), deadline.as_mut(), LIMIT, Lane::Main).await?;
    health.round_trip = Some(began.elapsed());
    let mut info = Pipeline::new();
    info.cmd("INFO").arg("server").cmd("INFO").arg("memory");
    // A user who may not ask for it is served all the same.
    if let Ok(replies) = requests.ask(&info, deadline, LIMIT, Lane::Main).await {
        let info: String = replies.iter().filter_map(text).collect();
        read_info(&info, health);
    }
    Ok(())
}

fn problem(state: &ServerState, error: &RequestError) -> String {
    match state.connect_error() {
        Some(error) => error.to_string(),
        None => error.reason.hint().to_owned(),
    }
}

fn push_problem(health: &ServerHealth) -> Option<&'static str> {
    match health.push {
        Push::Forbidden => Some(
            "it does not allow `CLIENT TRACKING`, so memory entries live for the outage ttl at \
             most: grant `+client|tracking` and `+hello`",
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
    let mut problem = |text: &str| health.problems.push(text.to_owned());
    if field("redis_version").and_then(version).is_some_and(|version| version < OLDEST) {
        problem("it is older than Redis 7.0, the oldest that is supported: update it");
    }
    let is_limited = field("maxmemory").is_some_and(|bytes| bytes != "0");
    if is_limited && field("maxmemory_policy") == Some("noeviction") {
        problem(
            "it stores nothing any more once its memory is full: set `maxmemory-policy` to \
             `allkeys-lru` or `volatile-lru`",
        );
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
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

    #[test]
    fn an_old_server_is_a_problem() {
        assert_eq!(read("redis_version:6.2.20").problems.len(), 1);
        assert!(read("redis_version:7.0.0").problems.is_empty());
        assert!(read("redis_version:10.0.0").problems.is_empty());
        assert!(read("redis_version:odd").problems.is_empty());
    }
}
