//! The node and its servers, as every operation needs them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::remote::Reason;
use redis::{Pipeline, Value};

use super::{node::Node, reply::only, scripts::Script};
use crate::servers::Servers;

/// The node and its servers.
pub(super) struct Client {
    pub(super) node: Arc<Node>,
    pub(super) servers: Arc<Servers>,
}

impl Client {
    /// Sends plain commands to the master of `key`, which has all keys of `pipeline`.
    pub(super) fn send<'a>(
        &'a self,
        key: &[u8],
        pipeline: &'a Pipeline,
        op: &'static str,
        within: Duration,
    ) -> impl Future<Output = Result<Vec<Value>, Reason>> + 'a {
        self.servers.request(self.servers.slot(key), pipeline, op, within)
    }

    /// Runs `script` on the master of its first key. A server that has forgotten the script is
    /// sent it again. The reply may be an error of the script's.
    pub(super) async fn run(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[&[u8]],
        op: &'static str,
        within: Duration,
    ) -> Result<Value, Reason> {
        let began = Instant::now();
        let reply = only(self.send(&keys[0], &script.by_hash(keys, args), op, within).await?);
        match &reply {
            Value::ServerError(error) if error.code() == "NOSCRIPT" => {
                let left = within.saturating_sub(began.elapsed());
                Ok(only(self.send(&keys[0], &script.by_source(keys, args), op, left).await?))
            }
            _ => Ok(reply),
        }
    }
}
