//! How a server is, and what to do about it.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{Push, ServerHealth, Status};
use redis::Pipeline;

use super::{
    Server,
    info::{field, text},
    locked,
    trouble::Trouble,
};
use crate::manager;

const PATIENCE: Duration = Duration::from_millis(500);
const OLDEST: (u32, u32) = (7, 0);

impl Server {
    /// Asks the server how it is.
    pub(crate) async fn health(self: &Arc<Self>) -> ServerHealth {
        let mut health = ServerHealth::unknown(&*self.address());
        match self.measure(&mut health).await {
            Ok(()) => health.status = Status::Up,
            Err(trouble) => health.problems.push(self.problem(&trouble)),
        }
        health.push = self.link.push();
        health.breaker = self.circuit.state();
        health.queued = self.shared.duties.queued(&|slot| self.owns(slot));
        let pushes = match health.push {
            Push::Forbidden => Some(
                "it does not allow `CLIENT TRACKING`, so memory entries live for the outage ttl at most: grant `+client|tracking` and `+hello`",
            ),
            Push::Down if health.status == Status::Up => Some(
                "it does not tell of invalidations yet: memory entries live for the outage ttl at most until it does",
            ),
            _ => None,
        };
        health.problems.extend(pushes.map(str::to_owned));
        if health.status == Status::Up && !health.problems.is_empty() {
            health.status = Status::Degraded;
        }
        health
    }

    async fn measure(self: &Arc<Self>, health: &mut ServerHealth) -> Result<(), Trouble> {
        let mut deadline = pin!(manager::timer(PATIENCE));
        // Connecting is not part of the round trip.
        self.lane().session(deadline.as_mut()).await?;
        let began = Instant::now();
        self.ask(Pipeline::new().cmd("PING"), deadline.as_mut()).await?;
        health.round_trip = Some(began.elapsed());
        let mut info = Pipeline::new();
        info.cmd("INFO").arg("server").cmd("INFO").arg("memory");
        // A user who may not ask for it is served all the same.
        if let Ok(replies) = self.ask(&info, deadline).await {
            let info: String = replies.iter().filter_map(text).collect();
            read_info(&info, health);
        }
        Ok(())
    }

    fn problem(&self, trouble: &Trouble) -> String {
        let refusal = locked(&self.refusal).clone();
        refusal.map_or_else(|| trouble.reason.hint().to_owned(), |refusal| refusal.said)
    }
}

fn read_info(info: &str, health: &mut ServerHealth) {
    let field = |name| field(info, name);
    health.version = field("redis_version").map(str::to_owned);
    health.eviction_policy = field("maxmemory_policy").map(str::to_owned);
    if field("redis_version").and_then(version).is_some_and(|version| version < OLDEST) {
        health
            .problems
            .push("it is older than Redis 7.0, the oldest that is supported: update it".to_owned());
    }
    let limited = field("maxmemory").is_some_and(|bytes| bytes != "0");
    if limited && field("maxmemory_policy") == Some("noeviction") {
        health.problems.push("it stores nothing any more once its memory is full: set `maxmemory-policy` to `allkeys-lru` or `volatile-lru`".to_owned());
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
        let health = read("redis_version:7.0.15\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n");
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
