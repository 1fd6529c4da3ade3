//! The task that samples the counters and notes the health, so that both are known for the time
//! in which nobody asked.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinHandle};

use crate::{admin::Admin, levels};

/// The time between two samples.
const EVERY: Duration = Duration::from_secs(15);

/// Begins to take samples, unless a task does so already. That of a runtime which has ended is
/// replaced.
pub(crate) fn begin(admin: &Arc<Admin>) {
    let mut sampling = admin.sampling.lock();
    if sampling.as_ref().is_none_or(JoinHandle::is_finished)
        && let Ok(runtime) = Handle::try_current()
    {
        *sampling = Some(runtime.spawn(sample(Arc::downgrade(admin))));
    }
}

/// Takes samples until the routes are gone.
async fn sample(admin: Weak<Admin>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(admin) = admin.upgrade() else { return };
        admin.history.sample(&admin.caches);
        let health = admin.health.now(&admin.caches).await;
        levels::note(&admin, &health, &admin.caches.report());
    }
}
