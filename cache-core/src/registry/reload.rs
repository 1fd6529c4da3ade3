//! Settings that are read again while the program runs.

use std::{sync::Arc, thread};

use tokio::sync::oneshot;

use super::state::Registry;
use crate::{
    config::{Reload, Resolved},
    error::Error,
    site::SITES,
};

/// Reads all settings again and puts what changed into effect. On an error nothing changes.
pub(super) async fn reload(registry: &Arc<Registry>) -> Result<Reload, Error> {
    let settings = &registry.settings;
    let turn = Arc::clone(&settings.reloading).lock_owned().await;
    let resolved = Resolved::of(&settings.sources, &SITES);
    Error::check(resolved.faults)?;
    resolved.config.log_notes();
    let before = settings.effective();
    settings.replace(resolved.config);
    let restarted = settings.effective_after_restart();
    let changes = Reload::of(&before, &settings.effective(), &restarted, settings.hidden_changes());
    adopt_on_a_thread(Arc::clone(registry), turn).await;
    Ok(changes)
}

/// Puts the settings into effect, and gives the `turn` back. Moving many entries takes a while, and
/// a caller that goes away must not end it halfway: so a thread does it.
async fn adopt_on_a_thread(registry: Arc<Registry>, turn: tokio::sync::OwnedMutexGuard<()>) {
    let (done, ended) = oneshot::channel::<()>();
    let work = {
        let registry = Arc::clone(&registry);
        move || {
            adopt(&registry);
            drop((turn, done));
        }
    };
    if thread::Builder::new().name("cachery-reload".to_owned()).spawn(work).is_err() {
        adopt(&registry);
    }
    // Nothing is ever sent: the sender is dropped when all is done.
    ended.await.ok();
}

/// Puts the present settings into effect for all open caches.
fn adopt(registry: &Registry) {
    registry.together.set_most(registry.settings.max_bytes());
    for cache in registry.open_caches() {
        registry.settings.adopt(cache);
        cache.resize();
    }
}
