//! Sentinels know where the master is. They are asked before each connection, so a failover is followed.

use std::sync::Arc;

use redis::{Client, ConnectionAddr, Pipeline, RedisConnectionInfo, Value};
use tokio::task::JoinSet;

use super::{Door, Found, address, connector};
use crate::{
    server::{Refusal, Session, Trouble},
    url::Host,
};

/// The sentinels that know one master.
pub(crate) struct Sentinels {
    hosts: Vec<Host>,
    master: String,
    door: Arc<Door>,
}

impl Sentinels {
    pub(super) fn new(hosts: Vec<Host>, master: String, door: Arc<Door>) -> Self {
        Self { hosts, master, door }
    }

    pub(super) fn address(&self) -> Arc<str> {
        self.master.as_str().into()
    }

    /// Asks all at once; the first that knows is believed, because the master must confirm it.
    pub(super) async fn find(&self) -> Result<Found, Refusal> {
        let mut asked = JoinSet::new();
        for host in &self.hosts {
            asked.spawn(ask_any(self.ways(host), self.master.clone()));
        }
        while let Some(answer) = asked.join_next().await {
            if let Ok(Some(host)) = answer {
                let client = self.door.client(&host).map_err(|error| Refusal::of(&error))?;
                return Ok(Found { client, address: address(&host), must_lead: true });
            }
        }
        let said = "no sentinel answers, or none knows a master by this name: see `SENTINEL MASTERS`";
        Err(Refusal::new(&Trouble { counts: true, ..Trouble::CONNECTING }, said))
    }

    /// Sentinels often have no password and no TLS where their servers have. Ours is never sent in the clear when TLS was asked for.
    fn ways(&self, host: &Host) -> Vec<Client> {
        let mut ways = vec![self.door.anonymous_client(host)];
        if self.door.password.is_some() {
            let credentials = self.door.credentials().set_db(0);
            ways.push(connector(self.door.transport(host), credentials));
        }
        if self.door.has_tls() {
            let plain = ConnectionAddr::Tcp(host.0.clone(), host.1);
            ways.push(connector(plain, RedisConnectionInfo::default()));
        }
        ways.into_iter().flatten().collect()
    }
}

async fn ask_any(ways: Vec<Client>, master: String) -> Option<Host> {
    for way in &ways {
        if let Some(host) = ask(way, &master).await {
            return Some(host);
        }
    }
    None
}

async fn ask(client: &Client, master: &str) -> Option<Host> {
    let session = Session::open(client, None).await.ok()?;
    let mut pipeline = Pipeline::new();
    pipeline.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master);
    let mut replies = session.send(&pipeline).await.ok()?;
    let (host, port): (String, u16) = match replies.pop()? {
        answer @ Value::Array(_) => redis::from_redis_value(answer).ok()?,
        _ => return None,
    };
    Some((host, port))
}
