//! Discovery of a cluster's masters: asked for every second, and at once when something hints at a
//! change.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use cachery_core::ServerHealth;
use tokio::{sync::watch, time::Sleep};

use super::{
    members::Members,
    slot_ranges::{self, SlotRange},
};
use crate::{
    connection::{ConnectError, Credentials, Host, RequestError, Role, Session},
    manager,
    server::Shared,
};

/// The pause between two questions.
const INTERVAL: Duration = Duration::from_secs(1);
/// The shortest pause, because hints come in swarms.
const LEAST_INTERVAL: Duration = Duration::from_millis(50);
/// The time that one node gets to answer.
const LIMIT: Duration = Duration::from_millis(500);

/// The discovery of a cluster's masters.
pub(super) struct Discovery {
    shared: Arc<Shared>,
    credentials: Arc<Credentials>,
    seeds: Vec<Host>,
    members: Arc<Members>,
    /// `None` until the first answer or failure.
    known: watch::Sender<Option<Result<(), ConnectError>>>,
}

impl Discovery {
    pub(super) fn new(
        shared: Arc<Shared>,
        credentials: Arc<Credentials>,
        seeds: Vec<Host>,
        members: Arc<Members>,
    ) -> Self {
        Self { shared, credentials, seeds, members, known: watch::Sender::new(None) }
    }

    /// Waits for the first answer or failure of any node.
    pub(super) async fn settled(&self, deadline: Pin<&mut Sleep>) -> Result<(), ConnectError> {
        let mut known = self.known.subscribe();
        match manager::until(deadline, pin!(known.wait_for(Option::is_some))).await {
            Some(Ok(known)) => known.clone().unwrap_or(Ok(())),
            _ => Err(RequestError::CONNECTING.into()),
        }
    }

    /// Waits until some node has answered, or for an error that only a person can remove. The error
    /// is that of the last attempt.
    pub(super) async fn reached(&self, deadline: Pin<&mut Sleep>) -> Result<(), ConnectError> {
        let mut known = self.known.subscribe();
        let is_over = |known: &Option<Result<(), ConnectError>>| match known {
            Some(Ok(())) => true,
            Some(Err(error)) => error.is_final,
            None => false,
        };
        match manager::until(deadline, pin!(known.wait_for(is_over))).await {
            Some(Ok(known)) => known.clone().unwrap_or(Ok(())),
            _ => Err(self.error().unwrap_or_else(ConnectError::timeout)),
        }
    }

    fn error(&self) -> Option<ConnectError> {
        self.known.borrow().clone().and_then(Result::err)
    }

    /// Follows the cluster for ever.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut session = None;
        let mut attempt = 0;
        loop {
            if let Err(error) = self.refresh(&mut session, attempt).await {
                session = None;
                attempt += 1;
                self.failed(error);
            }
            tokio::select! {
                () = self.shared.topology_changed.notified() => {
                    // Another node may know better.
                    session = None;
                    attempt += 1;
                }
                () = manager::timer(INTERVAL) => {}
            }
            manager::timer(LEAST_INTERVAL).await;
        }
    }

    async fn refresh(
        &self,
        session: &mut Option<(Host, Session)>,
        attempt: usize,
    ) -> Result<(), ConnectError> {
        let (host, session) = if let Some(known) = session {
            known
        } else {
            self.credentials.renew().await?;
            session.insert(self.connect(attempt).await?)
        };
        let ranges = within_limit(slot_ranges::ask(session, host)).await;
        let ranges: Vec<SlotRange> = ranges.unwrap_or_else(|| Err(ConnectError::timeout()))?;
        self.members.apply(ranges);
        self.known.send_replace(Some(Ok(())));
        Ok(())
    }

    /// Logs once that no node has answered yet. Afterwards the nodes' own states are logged.
    fn failed(&self, error: ConnectError) {
        let before = self.known.borrow().clone();
        if matches!(before, Some(Ok(()))) {
            return;
        }
        if before.is_none() && !self.shared.is_quiet() {
            let (address, reason) = (self.address(), error.reason.as_str());
            tracing::warn!(
                %address,
                reason,
                "the Redis Cluster is out of reach: until it is there, functions run, or memory \
                 serves them for the outage ttl at most"
            );
        }
        self.known.send_replace(Some(Err(error)));
    }

    /// Returns the cluster's name before its nodes are known.
    pub(super) fn address(&self) -> String {
        self.seeds.iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }

    /// Returns the cluster's health before its nodes are known.
    pub(super) fn health(&self) -> ServerHealth {
        let mut health = ServerHealth::unknown(self.address());
        health.problems.extend(self.error().as_ref().map(ConnectError::to_string));
        health
    }

    /// Connects to the first node that accepts it, members before seeds. Each `attempt` begins
    /// with another node.
    async fn connect(&self, attempt: usize) -> Result<(Host, Session), ConnectError> {
        let members = self.members.all();
        let known = members.iter().filter_map(|server| Host::parse(&server.address(), 0).ok());
        let hosts: Vec<_> = known.chain(self.seeds.iter().cloned()).collect();
        let mut last = ConnectError::timeout();
        for host in hosts.iter().cycle().skip(attempt % hosts.len()).take(hosts.len()) {
            match within_limit(self.connect_to(host)).await {
                Some(Ok(session)) => return Ok((host.clone(), session)),
                Some(Err(error)) => last = error,
                None => {}
            }
        }
        Err(last)
    }

    async fn connect_to(&self, host: &Host) -> Result<Session, ConnectError> {
        Session::connect(&self.credentials.peer(host), None, Role::Any).await
    }
}

async fn within_limit<T>(work: impl Future<Output = T>) -> Option<T> {
    manager::until(pin!(manager::timer(LIMIT)), pin!(work)).await
}
