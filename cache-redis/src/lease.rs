//! The right to load a key for all nodes, as it is held by one.

use std::{sync::Arc, time::Duration};

use cache_core::remote::RemoteKey;
use tokio::task::AbortHandle;

use crate::{
    manager,
    names::slot,
    node::Node,
    requests::run,
    scripts::{RELEASE, RENEW},
    servers::Servers,
};

/// How long a lease outlives a holder that is gone: what its death costs the others.
pub(crate) const LIFE: Duration = Duration::from_secs(3);
/// How often it is renewed: a renewal may be lost.
const RENEWAL: Duration = Duration::from_secs(1);
/// How long a token stands without its load being heard of. One that is gone costs a fill.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// How long the request of a renewal or release may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// A lease that is renewed until it is dropped, and then given back.
pub(crate) struct Lease {
    /// `None` once it was given back.
    held: Option<Arc<Held>>,
    renewal: AbortHandle,
}

/// What is renewed and given back.
struct Held {
    node: Arc<Node>,
    servers: Arc<Servers>,
    key: RemoteKey,
    id: [u8; 16],
    token: Vec<u8>,
}

impl Lease {
    pub(crate) fn hold(
        node: &Arc<Node>,
        servers: &Arc<Servers>,
        key: &RemoteKey,
        id: [u8; 16],
        token: Vec<u8>,
    ) -> Self {
        let (node, servers, key) = (Arc::clone(node), Arc::clone(servers), key.clone());
        let held = Arc::new(Held { node, servers, key, id, token });
        let renewal = manager::handle().spawn(Arc::clone(&held).renew()).abort_handle();
        Self { held: Some(held), renewal }
    }

    pub(crate) fn id(&self) -> &[u8] {
        self.held.as_ref().map_or(&[], |held| &held.id)
    }

    /// Another request has given it back.
    pub(crate) fn forget(mut self) {
        self.held = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
        if let Some(held) = self.held.take() {
            manager::handle().spawn(held.release());
        }
    }
}

impl Held {
    async fn renew(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let [_, token, lease, ..] = self.node.all_of(&self.key);
            let (at, lives) = (slot(&lease), [LIFE, TOKEN_LIFE].map(millis));
            let args = [&self.id[..], lives[0].as_bytes(), &self.token, lives[1].as_bytes()];
            // One that fails is made up for by the next.
            let _ = run(&self.servers, &RENEW, at, &[lease, token], &args, "renew", PATIENCE).await;
        }
    }

    async fn release(self: Arc<Self>) {
        let [_, _, lease, waiters, _, wake_up] = self.node.all_of(&self.key);
        let at = slot(&lease);
        // A lease that cannot be given back ends by itself.
        let _ =
            run(&self.servers, &RELEASE, at, &[lease, waiters, wake_up], &[&self.id], "release", PATIENCE)
                .await;
    }
}

/// A life as a script takes it.
pub(crate) fn millis(life: Duration) -> String {
    life.as_millis().max(1).to_string()
}
