//! The right to load a key for all nodes, as it is held by one.

use std::{sync::Arc, time::Duration};

use cachery_core::remote::RemoteKey;
use tokio::task::AbortHandle;

use crate::{
    manager,
    node::Node,
    requests::run,
    scripts::{RELEASE, RENEW},
    servers::Servers,
    slots::slot,
};

/// How long a lease outlives a holder that is gone: what its death costs the others.
pub(crate) const LIFE: Duration = Duration::from_secs(3);
/// How often it is renewed: a renewal may be lost.
const RENEWAL: Duration = Duration::from_secs(1);
/// How long a token stands without its load being heard of. One that is gone costs a fill.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// How long the request of a renewal or release may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// A lease that was asked for, or is held. Dropped, it is given back: also one that was granted to a caller who had gone, so that
/// nobody waits for a load that never began.
pub(crate) struct Lease {
    /// `None` once there is nothing to give back.
    claim: Option<Arc<Claim>>,
    /// Where it is held, it is renewed.
    renewal: Option<AbortHandle>,
}

/// What is renewed and given back.
struct Claim {
    node: Arc<Node>,
    servers: Arc<Servers>,
    key: RemoteKey,
    id: [u8; 16],
}

impl Lease {
    /// To be made before it is asked for.
    pub(crate) fn claim(node: &Arc<Node>, servers: &Arc<Servers>, key: &RemoteKey, id: [u8; 16]) -> Self {
        let (node, servers, key) = (Arc::clone(node), Arc::clone(servers), key.clone());
        Self { claim: Some(Arc::new(Claim { node, servers, key, id })), renewal: None }
    }

    /// It was granted, for a load with this token.
    pub(crate) fn hold(mut self, token: Vec<u8>) -> Self {
        let renew = self.claim.clone().map(|claim| manager::handle().spawn(claim.renew(token)));
        self.renewal = renew.map(|task| task.abort_handle());
        self
    }

    pub(crate) fn id(&self) -> &[u8] {
        self.claim.as_ref().map_or(&[], |claim| &claim.id)
    }

    /// It was refused, or another request has given it back.
    pub(crate) fn forget(mut self) {
        self.claim = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        if let Some(claim) = self.claim.take() {
            manager::handle().spawn(claim.release());
        }
    }
}

impl Claim {
    async fn renew(self: Arc<Self>, token: Vec<u8>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let [_, token_key, lease, ..] = self.node.all_of(&self.key);
            let (at, lives) = (slot(&lease), [LIFE, TOKEN_LIFE].map(millis));
            let args = [&self.id[..], lives[0].as_bytes(), &token, lives[1].as_bytes()];
            // One that fails is made up for by the next.
            let _ = run(&self.servers, &RENEW, at, &[lease, token_key], &args, "renew", PATIENCE).await;
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
