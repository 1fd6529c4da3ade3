//! Leases: the right to load a key for all nodes, as one of them holds it.

use std::{sync::Arc, time::Duration};

use cachery_core::remote::{HoldOff, Holder, Operation, Reason, RemoteKey};
use redis::Value;
use tokio::task::AbortHandle;

use super::{
    client::Client,
    scripts::{HOLD_OFF, RELEASE, RENEW, millis},
    token,
};
use crate::manager;

/// The time for which a lease outlives a holder that is gone, and the others wait for it.
pub(super) const LIFE: Duration = Duration::from_secs(3);
/// The pause between two renewals: one of them may be lost.
const RENEWAL: Duration = Duration::from_secs(1);
/// The least time for which a token stands while its load is not heard of. A token that is gone
/// costs a fill.
pub(super) const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// The time that the request of a renewal or release may take.
const LIMIT: Duration = Duration::from_secs(1);
/// The longest time between two loads that a lease can name, in milliseconds: it has ten digits.
const MOST_DELAY: u128 = 9_999_999_999;

/// A lease that was asked for, or is held. Dropping it gives it back: also one that was granted to
/// a caller who had gone, so that nobody waits for a load that never began.
pub(super) struct Lease {
    /// `None` once there is nothing to give back.
    claim: Option<Arc<Claim>>,
    /// The task that renews a lease that is held.
    renewal: Option<AbortHandle>,
}

/// The key of a lease, the random id under which it is asked for, and the load that would hold it.
struct Claim {
    client: Arc<Client>,
    key: RemoteKey,
    id: [u8; 16],
    holder: Holder,
}

impl Lease {
    /// Returns a lease that is about to be asked for, for the load of `holder`. Its id begins with
    /// that of the node.
    pub(super) fn ask_for(
        client: &Arc<Client>,
        key: &RemoteKey,
        holder: &Holder,
    ) -> Result<Self, Reason> {
        let mut id = token::draw()?;
        id[..8].copy_from_slice(&client.node.id.to_be_bytes());
        let claim =
            Claim { client: Arc::clone(client), key: key.clone(), id, holder: holder.clone() };
        Ok(Self { claim: Some(Arc::new(claim)), renewal: None })
    }

    /// Notes that it was granted, for a load with this stored token.
    pub(super) fn held(mut self, stored_token: Vec<u8>) -> Self {
        let renew = self.claim.clone().map(|claim| {
            let begun = claim.client.node.work.lease();
            manager::handle().spawn(async move {
                let _begun = begun;
                claim.renew(stored_token).await;
            })
        });
        self.renewal = renew.map(|task| task.abort_handle());
        self
    }

    pub(super) fn id(&self) -> &[u8] {
        self.claim.as_ref().map_or(&[], |claim| &claim.id)
    }

    /// Leaves in its place that the load has failed, and when the next one is due.
    pub(super) fn hold_off(mut self, hold_off: HoldOff) {
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
        }
        if let Some(claim) = self.claim.take() {
            let begun = claim.client.node.work.release();
            manager::handle().spawn(async move {
                let _begun = begun;
                claim.hold_off(hold_off).await;
            });
        }
    }

    /// Notes that there is nothing to give back: it was refused, never asked for, or given back by
    /// another request.
    pub(super) fn disarm(mut self) {
        self.claim = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        if let Some(claim) = self.claim.take() {
            let begun = claim.client.node.work.release();
            manager::handle().spawn(async move {
                let _begun = begun;
                claim.release().await;
            });
        }
    }
}

impl Claim {
    async fn renew(self: Arc<Self>, token: Vec<u8>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            if !self.holder.keeps_lease() {
                continue;
            }
            let [_, token_key, lease, ..] = self.client.node.all_of(&self.key);
            let lives = [LIFE, TOKEN_LIFE].map(millis);
            let args = [&self.id[..], lives[0].as_bytes(), &token, lives[1].as_bytes()];
            // The next renewal makes up for one that fails.
            let _ =
                self.client.run(&RENEW, &[lease, token_key], &args, Operation::Renew, LIMIT).await;
        }
    }

    async fn hold_off(self: Arc<Self>, HoldOff { left, delay }: HoldOff) {
        let [_, _, lease, waiters, _, wake_up] = self.client.node.all_of(&self.key);
        let keys = self.client.node.and_feed([lease, waiters, wake_up]);
        let delay = delay.as_millis().min(MOST_DELAY);
        let [left, delay] = [millis(left), format!("{delay:010}")];
        let args = [&self.id[..], left.as_bytes(), delay.as_bytes()];
        let told = self.client.run(&HOLD_OFF, &keys, &args, Operation::Release, LIMIT).await;
        if !matches!(told, Ok(Value::Int(_))) {
            // Another node may load once more, and need not wait for that.
            self.release().await;
        }
    }

    async fn release(self: Arc<Self>) {
        let [_, _, lease, waiters, _, wake_up] = self.client.node.all_of(&self.key);
        let keys = self.client.node.and_feed([lease, waiters, wake_up]);
        // A lease that cannot be given back ends by itself.
        let _ = self.client.run(&RELEASE, &keys, &[&self.id], Operation::Release, LIMIT).await;
    }
}
