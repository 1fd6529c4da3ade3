//! The masters of a cluster, and the slots that each owns.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};

use super::slot_ranges::{SlotRange, known_name};
use crate::{
    connection::{Credentials, Endpoint, Host, Redirect},
    server::{Server, Shared},
    slots::SLOTS,
};

/// The masters of a cluster.
pub(super) struct Members {
    shared: Arc<Shared>,
    credentials: Arc<Credentials>,
    /// `None` once the cluster is closed.
    servers: RwLock<Option<Vec<Arc<Server>>>>,
    next_number: AtomicU16,
    /// The ranges that were applied last, so that nothing is done when nothing has changed.
    applied: Mutex<Vec<SlotRange>>,
}

impl Members {
    pub(super) fn new(shared: Arc<Shared>, credentials: Arc<Credentials>) -> Self {
        Self {
            shared,
            credentials,
            servers: RwLock::new(Some(Vec::new())),
            next_number: AtomicU16::new(1),
            applied: Mutex::default(),
        }
    }

    /// Returns the master of `slot`, if it is known.
    pub(super) fn owner(&self, slot: u16) -> Option<Arc<Server>> {
        let number = self.shared.slots.owner(slot);
        self.servers.read().as_ref().and_then(|servers| numbered(servers, number))
    }

    pub(super) fn all(&self) -> Vec<Arc<Server>> {
        self.servers.read().clone().unwrap_or_default()
    }

    /// Takes over the ranges that a node names. Slots that come to another master may have lost
    /// what was acknowledged lately, and no request is routed to it before that is noted.
    pub(super) fn apply(&self, ranges: Vec<SlotRange>) {
        let mut applied = self.applied.lock();
        if *applied == ranges {
            return;
        }
        let gone = self.change(|servers| {
            let owners = self.owners(servers, &ranges);
            self.give(&owners);
            servers.extract_if(.., |server| !owners.contains(&server.number())).collect::<Vec<_>>()
        });
        *applied = ranges;
        drop(applied);
        for server in gone.into_iter().flatten() {
            server.close();
            self.shared.reception.remove(server.number());
        }
    }

    /// Returns the number of each slot's server. Hosts that are new become members.
    fn owners(&self, servers: &mut Vec<Arc<Server>>, ranges: &[SlotRange]) -> Vec<u16> {
        let mut owners = vec![0; usize::from(SLOTS)];
        for SlotRange { slots, master } in ranges {
            let number = self.number_of(servers, master);
            for slot in slots.clone() {
                if let Some(owner) = owners.get_mut(usize::from(slot)) {
                    *owner = number;
                }
            }
        }
        owners
    }

    fn give(&self, owners: &[u16]) {
        let slots = (0..).zip(owners);
        let moved = |(slot, number): (u16, &u16)| {
            let before = self.shared.slots.give(slot, *number);
            (before != 0 && before != *number).then_some(slot)
        };
        let moved: HashSet<_> = slots.filter_map(moved).collect();
        if !moved.is_empty() {
            self.shared.hooks.suspect(&|slot| moved.contains(&slot));
        }
    }

    /// Returns the master to which the server `from` redirects, and gives the slot to it, unless that
    /// is on its way.
    pub(super) fn redirect(&self, redirect: &Redirect, from: &Server) -> Option<Arc<Server>> {
        let slot = redirect.slot;
        let (name, port) = redirect.address.rsplit_once(':')?;
        let asked = Host::parse(&from.address(), 0).ok()?;
        let name = known_name(name).map_or(asked.name, str::to_owned);
        let master = Host { name, port: port.parse().ok()? };
        if redirect.is_on_its_way {
            return self.change(|servers| {
                let number = self.number_of(servers, &master);
                numbered(servers, number)
            })?;
        }
        self.applied.lock().clear();
        self.shared.topology_changed.notify_one();
        self.change(|servers| {
            let number = self.number_of(servers, &master);
            if self.shared.slots.give(slot, number) != number {
                self.shared.hooks.suspect(&|other| other == slot);
            }
            numbered(servers, number)
        })?
    }

    /// Returns the number of the server at `host`, which becomes a member if it is new.
    fn number_of(&self, servers: &mut Vec<Arc<Server>>, host: &Host) -> u16 {
        let address = host.to_string();
        if let Some(server) = servers.iter().find(|server| *server.address() == *address) {
            return server.number();
        }
        let endpoint = Endpoint::server(&self.credentials, host);
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        servers.push(Server::open(number, endpoint, Arc::clone(&self.shared)));
        number
    }

    /// Changes the members; requests that are routed meanwhile wait. Nothing is changed once the
    /// cluster is closed.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Server>>) -> T) -> Option<T> {
        self.servers.write().as_mut().map(change)
    }

    /// Closes all servers, and lets no other become a member.
    pub(super) fn close(&self) {
        let servers = self.servers.write().take();
        for server in servers.into_iter().flatten() {
            server.close();
        }
    }
}

fn numbered(servers: &[Arc<Server>], number: u16) -> Option<Arc<Server>> {
    servers.iter().find(|server| server.number() == number).cloned()
}
