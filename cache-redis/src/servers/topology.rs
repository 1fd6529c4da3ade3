//! Which node of a cluster owns which slots: asked for every second, and at once when something hints at a change.

mod reply;

use std::{
    collections::HashSet,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use cachery_core::ServerHealth;
use tokio::{sync::watch, time::Sleep};

use self::reply::{Owned, ask, named};
use super::Shared;
use crate::{
    access::{Door, address},
    manager,
    server::{Refusal, Server, Session, Trouble},
    url::{Host, read_host},
};

const EVERY: Duration = Duration::from_secs(1);
/// Hints come in swarms.
const REST: Duration = Duration::from_millis(50);
/// How long one node may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// A cluster as it was last seen.
pub(super) struct Topology {
    shared: Arc<Shared>,
    door: Arc<Door>,
    seeds: Vec<Host>,
    numbers: AtomicU16,
    /// What was last asked and applied, to do nothing when nothing has changed.
    applied: Mutex<Vec<Owned>>,
    /// Nothing until the first answer or failure.
    known: watch::Sender<Option<Result<(), Refusal>>>,
}

impl Topology {
    pub(super) fn new(shared: Arc<Shared>, door: Arc<Door>, seeds: Vec<Host>) -> Self {
        let (applied, known) = (Mutex::default(), watch::Sender::new(None));
        Self { shared, door, seeds, numbers: AtomicU16::new(1), applied, known }
    }

    /// Waits for the first answer of any node.
    pub(super) async fn known(&self, deadline: Pin<&mut Sleep>) -> Result<(), Refusal> {
        let mut known = self.known.subscribe();
        let answer = manager::until(deadline, pin!(known.wait_for(Option::is_some))).await;
        match answer {
            Some(Ok(known)) => known.clone().unwrap_or(Ok(())),
            _ => Err(Refusal::known(&Trouble::CONNECTING)),
        }
    }

    /// Waits until some node has answered; when none does in time, says why.
    pub(super) async fn reached(&self, deadline: Pin<&mut Sleep>) -> Result<(), String> {
        let mut known = self.known.subscribe();
        let reached = known.wait_for(|known| matches!(known, Some(Ok(()))));
        if manager::until(deadline, pin!(reached)).await.is_some() {
            return Ok(());
        }
        let said = self.health().problems.into_iter().next().unwrap_or_else(|| Refusal::timeout().said);
        Err(format!("the Redis Cluster at {}: {said}", self.address()))
    }

    /// Follows the cluster for ever.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut session = None;
        let mut turn = 0;
        loop {
            if let Err(refusal) = self.refresh(&mut session, turn).await {
                session = None;
                turn += 1;
                self.failed(refusal);
            }
            tokio::select! {
                () = self.shared.stale.notified() => {
                    // Another node may know better.
                    session = None;
                    turn += 1;
                }
                () = manager::timer(EVERY) => {}
            }
            manager::timer(REST).await;
        }
    }

    async fn refresh(&self, session: &mut Option<(Host, Session)>, turn: usize) -> Result<(), Refusal> {
        let (host, session) = match session {
            Some(known) => known,
            None => session.insert(self.connect(turn).await?),
        };
        let limit = pin!(manager::timer(PATIENCE));
        let owned = manager::until(limit, pin!(ask(session, host))).await;
        self.apply(owned.unwrap_or_else(|| Err(Refusal::timeout()))?);
        self.known.send_replace(Some(Ok(())));
        Ok(())
    }

    /// Says so once, as long as no node has answered yet. Afterwards the nodes' own troubles say it.
    fn failed(&self, refusal: Refusal) {
        let before = self.known.borrow().clone();
        if matches!(before, Some(Ok(()))) {
            return;
        }
        if before.is_none() {
            let (address, reason) = (self.address(), refusal.reason.as_str());
            tracing::warn!(%address, reason, "the Redis Cluster is out of reach: until it is there, functions run, or are answered from memory for the outage ttl at most");
        }
        self.known.send_replace(Some(Err(refusal)));
    }

    /// What to call the cluster before its nodes are known.
    fn address(&self) -> String {
        self.seeds.iter().map(address).collect::<Vec<_>>().join(",")
    }

    /// How it is before its nodes are known.
    pub(super) fn health(&self) -> ServerHealth {
        let mut health = ServerHealth::unknown(self.address());
        if let Some(Err(refusal)) = &*self.known.borrow() {
            health.problems.push(refusal.said.clone());
        }
        health
    }

    /// The first node that lets us in, members before seeds, beginning with another one each `turn`.
    async fn connect(&self, turn: usize) -> Result<(Host, Session), Refusal> {
        let members = self.shared.members();
        let known = members.iter().filter_map(|server| read_host(&server.address(), 0).ok());
        let hosts: Vec<_> = known.chain(self.seeds.iter().cloned()).collect();
        let mut last = Refusal::timeout();
        for host in hosts.iter().cycle().skip(turn % hosts.len()).take(hosts.len()) {
            let limit = pin!(manager::timer(PATIENCE));
            match manager::until(limit, pin!(self.enter(host))).await {
                Some(Ok(session)) => return Ok((host.clone(), session)),
                Some(Err(refusal)) => last = refusal,
                None => {}
            }
        }
        Err(last)
    }

    async fn enter(&self, host: &Host) -> Result<Session, Refusal> {
        let client = self.door.client(host).map_err(|error| Refusal::of(&error))?;
        let session = Session::open(&client, None).await?;
        session.introduce(false).await?;
        Ok(session)
    }

    /// Takes over what a node says. Slots that come to another node may have lost what was acknowledged lately, and nobody is routed
    /// to them before that is noted.
    fn apply(&self, owned: Vec<Owned>) {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        if *applied == owned {
            return;
        }
        let gone = self.shared.change(|members| {
            let mut owners = vec![0; super::slots::SLOTS];
            for Owned { slots, master } in &owned {
                let number = self.number(members, master);
                slots.clone().for_each(|slot| set(&mut owners, slot, number));
            }
            self.give(&owners);
            let gone = |server: &mut Arc<Server>| !owners.contains(&server.number());
            members.extract_if(.., gone).collect::<Vec<_>>()
        });
        *applied = owned;
        drop(applied);
        for server in gone {
            server.close();
        }
        self.shared.review();
    }

    fn give(&self, owners: &[u16]) {
        let slots = (0..).zip(owners);
        let moved = |(slot, number): (u16, &u16)| {
            let before = self.shared.slots.give(slot, *number);
            (before != 0 && before != *number).then_some(slot)
        };
        let moved: HashSet<_> = slots.filter_map(moved).collect();
        if !moved.is_empty() {
            self.shared.duties.suspect(&|slot| moved.contains(&slot));
        }
    }

    /// `slot` is at `to`, says `from`.
    pub(super) fn moved(&self, slot: u16, to: &str, from: &Server) -> Option<Arc<Server>> {
        let (host, port) = to.rsplit_once(':')?;
        let asked = read_host(&from.address(), 0).ok()?;
        let master = (named(host).unwrap_or(asked.0), port.parse().ok()?);
        self.applied.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.shared.stale.notify_one();
        let server = self.shared.change(|members| {
            let number = self.number(members, &master);
            if self.shared.slots.give(slot, number) != number {
                self.shared.duties.suspect(&|other| other == slot);
            }
            members.iter().find(|server| server.number() == number).cloned()
        });
        self.shared.review();
        server
    }

    /// The number of the server at `host`, which becomes a member.
    fn number(&self, members: &mut Vec<Arc<Server>>, host: &Host) -> u16 {
        let address = address(host);
        if let Some(server) = members.iter().find(|server| server.address() == address) {
            return server.number();
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let Ok(origin) = self.door.origin(host) else { return 0 };
        members.push(Server::open(number, origin, Arc::clone(&self.shared)));
        number
    }
}

fn set(owners: &mut [u16], slot: u16, number: u16) {
    if let Some(owner) = owners.get_mut(usize::from(slot)) {
        *owner = number;
    }
}
