//! Settings that are read again while the program runs.

use std::{sync::Arc, thread};

use tokio::sync::oneshot;

use super::state::Registry;
use crate::{
    config::{Change, Config, Reload, Resolved},
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
    let is_other_url = settings.url_differs(&resolved.config);
    let took_over = take_over(registry, &resolved.config);
    settings.replace(resolved.config);
    if took_over {
        settings.adopt_url();
    }
    let restarted = settings.effective_after_restart();
    let mut changes =
        Reload::of(&before, &settings.effective(), &restarted, settings.hidden_changes());
    if took_over && is_other_url {
        changes.changed.extend(Change::hidden("url", &restarted));
    }
    adopt_on_a_thread(Arc::clone(registry), turn).await;
    Ok(changes)
}

/// Hands the URL to the remote tier, which reads the certificates again, too. Returns true where it
/// uses them without a restart, because they are credentials for the same place.
fn take_over(registry: &Registry, config: &Config) -> bool {
    let (Some(remote), Some(target)) = (&registry.remote, config.remote_target()) else {
        return false;
    };
    let started = registry.settings.started.remote_target();
    let is_alike = started.is_some_and(|started| started.differs_by_url_only(&target));
    is_alike && remote.tier.take_over(&target)
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
    // A cache that is being opened may have the bounds from before.
    registry.finish_openings();
    for cache in registry.open_caches() {
        registry.settings.adopt(cache);
        cache.resize();
    }
}
