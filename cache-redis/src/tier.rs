//! The remote tier: the operations that the core asks for, as requests to Redis.
//!
//! A read is plain commands. A permit to load, and a fill, are a script each: a key has a
//! random token, an invalidation removes it, a load fills only while the token that it began with
//! stands, and a stored value is read only while the token names its state. So nothing that began
//! before an invalidation is stored or read after it, however late it arrives and whichever release
//! of the program stored it; and a token that is lost costs a load.

mod budget;
mod client;
mod envelope;
mod fill;
mod generations;
mod invalidate;
mod journal;
mod lease;
mod load;
mod names;
mod node;
mod profiles;
mod read;
mod reply;
mod scripts;
mod shutdown;
mod sizes;
mod tags;
#[cfg(test)]
mod tests;
mod token;
mod waiters;
mod work;

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use cachery_core::{
    Ending, ServerHealth, Shutdown,
    remote::{
        Block, BlockRequest, FillKind, FillRequest, Filled, HoldOff, LoadReply, LoadRequest,
        Outgoing, Pending, Place, QueuedInvalidations, ReadRequest, Reason, RemoteKey,
        RemoteOptions, RemotePermit, RemoteTier, Seen, TagGeneration, TagKey, Target,
    },
    resources::{Resource, Resources},
};

use self::{
    client::Client,
    invalidate::Batch,
    journal::{Scope, TagPart},
    node::Node,
    profiles::Profiles,
};
use crate::{
    manager,
    open_error::OpenError,
    server::ServerHooks,
    servers::{Servers, is_cluster},
};

/// The pause between two looks at a journal that cannot be used.
const TEND: Duration = Duration::from_millis(500);

/// The remote tier of one registry.
pub(crate) struct Tier(Arc<Client>);

impl Tier {
    /// Opens the tier. Connecting goes on in the background.
    pub(crate) fn open(options: RemoteOptions) -> Result<Self, OpenError> {
        let RemoteOptions { target, prefix, profile, journal, required, events, .. } = options;
        let is_kept = journal.is_some();
        let profiles = Profiles::new(profile.as_deref(), &prefix);
        let node = Node::new(&prefix, events, journal).under(profiles);
        let node = Arc::new(node.with_feed(is_cluster(&target)?));
        let hooks = Arc::clone(&node) as Arc<dyn ServerHooks>;
        let servers = Servers::open(&target, node.watched(), hooks, required)?;
        let client = Arc::new(Client::new(node, servers));
        if is_kept {
            manager::handle().spawn(tend_journal(Arc::downgrade(&client)));
        }
        Ok(Self(client))
    }
}

impl Drop for Tier {
    fn drop(&mut self) {
        let node = &self.0.node;
        if !node.journal.is_kept() {
            shutdown::report_lost(node, node.journal.len());
        }
        // Tasks of the servers may hold the node for a while longer.
        node.journal.close();
    }
}

/// Makes up for a journal that could not be used, as long as its registry lives.
async fn tend_journal(client: Weak<Client>) {
    loop {
        tokio::time::sleep(TEND).await;
        let Some(client) = client.upgrade() else { return };
        client.node.journal.use_file();
        if client.node.journal.has_outstanding() {
            client.servers.replay_soon();
        }
    }
}

impl RemoteTier for Tier {
    fn read<'a>(
        &'a self,
        key: &'a RemoteKey,
        tags: &'a [TagKey],
        within: Duration,
    ) -> Pending<'a, Result<Seen, Reason>> {
        Box::pin(read::read(&self.0, key, tags, within))
    }

    fn tag_generations<'a>(
        &'a self,
        tags: &'a [TagKey],
        within: Duration,
    ) -> Pending<'a, Result<Vec<Option<TagGeneration>>, Reason>> {
        Box::pin(tags::read(&self.0, tags, within))
    }

    fn request_load<'a>(
        &'a self,
        key: &'a RemoteKey,
        request: LoadRequest,
        within: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>> {
        Box::pin(load::request_load(&self.0, key, request, within))
    }

    fn permit_to_replace(&self, key: &RemoteKey) -> Option<RemotePermit> {
        load::permit_to_replace(&self.0, key)
    }

    fn fill<'a>(
        &'a self,
        key: &'a RemoteKey,
        permit: RemotePermit,
        value: Option<Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> Pending<'a, Result<Filled, Reason>> {
        Box::pin(fill::fill(&self.0, key, permit, value, kind, within))
    }

    fn hold_off(&self, permit: RemotePermit, hold_off: HoldOff) {
        if let Ok(granted) = permit.granted.downcast::<load::Granted>()
            && let Some(lease) = granted.lease
        {
            lease.hold_off(hold_off);
        }
    }

    fn read_many<'a>(
        &'a self,
        reads: &'a [ReadRequest],
        within: Duration,
    ) -> Pending<'a, Vec<Result<Seen, Reason>>> {
        Box::pin(read::read_many(&self.0, reads, within))
    }

    fn request_loads<'a>(
        &'a self,
        requests: &'a [(RemoteKey, LoadRequest)],
        within: Duration,
    ) -> Pending<'a, Vec<Result<LoadReply, Reason>>> {
        Box::pin(load::request_loads(&self.0, requests, within))
    }

    fn fill_many(
        &self,
        fills: Vec<FillRequest>,
        within: Duration,
    ) -> Pending<'_, Vec<Result<Filled, Reason>>> {
        Box::pin(fill::fill_many(&self.0, fills, within))
    }

    fn invalidate<'a>(
        &'a self,
        keys: &'a [RemoteKey],
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        // Noted at once: also a future that is dropped unpolled loses none.
        let scopes = keys.iter().map(|key| Scope::Key(key.clone(), ending));
        let batch = Batch::new(&self.0, scopes);
        Box::pin(batch.send(within))
    }

    fn invalidate_tags<'a>(
        &'a self,
        tags: &'a [TagKey],
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        let in_parts = self.0.servers.is_cluster();
        let scopes = tags.iter().flat_map(|tag| {
            if in_parts {
                Vec::from(Scope::of_tag(tag, ending))
            } else {
                vec![Scope::Tag(tag.clone(), TagPart::Whole, ending)]
            }
        });
        Box::pin(Batch::new(&self.0, scopes).send(within))
    }

    fn invalidate_cache<'a>(
        &'a self,
        name: &'a str,
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        Box::pin(Batch::new(&self.0, [Scope::Cache(name.into(), ending)]).send(within))
    }

    fn take_block<'a>(
        &'a self,
        place: &'a Place,
        request: &'a BlockRequest,
        within: Duration,
    ) -> Pending<'a, Result<Block, Reason>> {
        Box::pin(budget::take(&self.0, place, request, within))
    }

    fn connected(&self, within: Duration) -> Pending<'_, Result<(), String>> {
        let connected = self.0.servers.connected(within);
        Box::pin(async { connected.await.map_err(|error| error.to_string()) })
    }

    fn receives_invalidations(&self) -> bool {
        self.0.servers.receives_invalidations()
    }

    fn health(&self) -> Pending<'_, Vec<ServerHealth>> {
        Box::pin(self.0.servers.health())
    }

    fn queued(&self) -> QueuedInvalidations {
        self.0.node.journal.summary(Instant::now())
    }

    fn count_resources(&self, resources: &mut Resources) {
        let Client { node, servers, sizes, .. } = &*self.0;
        servers.count_resources(resources);
        resources.add(Resource::Leases, node.work.leases());
        resources.add(Resource::Releases, node.work.releases());
        resources.add(Resource::LeaseWaiters, node.waiters.len());
        resources.add(Resource::Invalidations, node.work.invalidations_begun());
        resources.add(Resource::QueuedInvalidations, node.journal.len());
        resources.add(Resource::RememberedInvalidations, node.journal.remembered());
        resources.add(Resource::SlowValues, sizes.slow());
    }

    fn take_over(&self, target: &Target) -> bool {
        self.0.servers.take_over(target)
    }

    fn shutdown(&self, within: Duration) -> Pending<'_, Shutdown> {
        Box::pin(shutdown::shutdown(&self.0, within))
    }
}
