//! Sentinels, asked for the master before each connection, so that a failover is followed.

use redis::{Client, Pipeline, Value};
use tokio::task::JoinSet;

use super::{
    connect_error::ConnectError, credentials::Credentials, host::Host, request_error::RequestError,
    session::Session,
};

/// The sentinels that know one master.
pub(crate) struct Sentinels {
    hosts: Vec<Host>,
    master: String,
}

impl Sentinels {
    pub(super) fn new(hosts: Vec<Host>, master: String) -> Self {
        Self { hosts, master }
    }

    pub(super) fn master_name(&self) -> &str {
        &self.master
    }

    /// Asks all sentinels at once. The first reply is believed, because the master must confirm it.
    pub(super) async fn find_master(
        &self,
        credentials: &Credentials,
    ) -> Result<Host, ConnectError> {
        let mut asked = JoinSet::new();
        for host in &self.hosts {
            asked.spawn(ask_by_any(credentials.sentinel_clients(host), self.master.clone()));
        }
        while let Some(reply) = asked.join_next().await {
            if let Ok(Some(host)) = reply {
                return Ok(host);
            }
        }
        let error = RequestError { counts_against_server: true, ..RequestError::CONNECTING };
        let message =
            "no sentinel answers, or none knows a master by this name: see `SENTINEL MASTERS`";
        Err(ConnectError::new(&error, message))
    }
}

async fn ask_by_any(clients: Vec<Client>, master: String) -> Option<Host> {
    for client in &clients {
        if let Some(host) = ask(client, &master).await {
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
    let (name, port): (String, u16) = match replies.pop()? {
        reply @ Value::Array(_) => redis::from_redis_value(reply).ok()?,
        _ => return None,
    };
    Some(Host { name, port })
}
