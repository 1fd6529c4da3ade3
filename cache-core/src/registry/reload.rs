//! Settings that are read again while the program runs.

use std::{sync::Arc, thread};

use serde::Serialize;
use tokio::sync::oneshot;

use super::{Caches, Registry};
use crate::{
    config::{EffectiveConfig, Setting},
    error::Error,
    site::SITES,
};

/// What a [`Caches::reload`] changed, and what it could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reload {
    /// What is in effect now.
    pub changed: Vec<Change>,
    /// What the settings say otherwise than what is in effect, and only a restart can bring about.
    pub needs_restart: Vec<Change>,
}

/// One setting that is not what it was. A private value is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The cached function, as `shop::orders::get`; `None` for what is set once for all.
    pub function: Option<&'static str>,
    /// As files spell it.
    pub field: &'static str,
    /// What it was.
    pub before: String,
    /// What it is, or would be.
    pub after: String,
    /// Who says so.
    pub source: String,
}

impl Caches {
    /// Reads files and variables again and puts what changed into effect. Calls go on meanwhile.
    ///
    /// No entry is lost but those that a smaller capacity has no room for. Entries keep the life that they were given; a new ttl is
    /// for what is stored from now on, and [`clear`](crate::CacheHandle::clear) forgets the rest. Where entries are kept, and everything
    /// that is set for Redis, needs a restart: it is named, and left as it is.
    ///
    /// What [`set_enabled`](crate::CacheHandle::set_enabled) was told still stands.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env). Nothing is changed then.
    pub async fn reload(&self) -> Result<Reload, Error> {
        let caches = self;
        let turn = Arc::clone(&caches.0.reloading).lock_owned().await;
        let settings = &caches.0.settings;
        let resolved = settings.origin.resolve(&SITES);
        Error::check(resolved.faults)?;
        resolved.strangers.warn();
        let before = settings.effective();
        settings.replace(resolved.config);
        let report = caches.0.changes_since(&before);
        let (done, told) = oneshot::channel::<()>();
        let registry = Arc::clone(&caches.0);
        // On a thread: to move many entries takes a while, and a caller who gives up must not end it halfway.
        let work = move || {
            registry.adopt_all();
            drop((turn, done));
        };
        if thread::Builder::new().name("cachery-reload".to_owned()).spawn(work).is_err() {
            caches.0.adopt_all();
        }
        // It never says anything: it is dropped when all is done.
        told.await.ok();
        Ok(report)
    }
}

impl Registry {
    /// Puts the present settings into effect for all caches that are open.
    fn adopt_all(&self) {
        for cache in self.caches.iter().filter_map(|cell| cell.get()) {
            self.settings.adopt(cache);
            cache.resize();
        }
    }

    fn changes_since(&self, before: &EffectiveConfig) -> Reload {
        let now = self.settings.effective();
        let restarted = self.settings.effective_after_restart();
        let mut needs_restart = changes(&now, &restarted);
        let hidden = self.settings.hidden_changes();
        needs_restart.extend(hidden.filter_map(|field| {
            let find = |config: &EffectiveConfig| {
                config.redis.iter().find(|setting| setting.field == field).cloned()
            };
            let (before, after) = (find(&now)?, find(&restarted)?);
            // One that there was not before, or is no more, shows, and is named already.
            (before.value == after.value).then(|| Change::of(None, &before, &after))
        }));
        Reload { changed: changes(before, &now), needs_restart }
    }
}

/// Where the values of `after` are not those of `before`.
fn changes(before: &EffectiveConfig, after: &EffectiveConfig) -> Vec<Change> {
    let for_all =
        between(None, &before.program, &after.program).chain(between(None, &before.redis, &after.redis));
    let caches = before.caches.iter().zip(&after.caches);
    let of_caches =
        caches.flat_map(|(before, after)| between(Some(after.function), &before.settings, &after.settings));
    for_all.chain(of_caches).collect()
}

fn between<'a>(
    function: Option<&'static str>,
    before: &'a [Setting],
    after: &'a [Setting],
) -> impl Iterator<Item = Change> + 'a {
    let changed = before.iter().zip(after).filter(|(before, after)| before.value != after.value);
    changed.map(move |(before, after)| Change::of(function, before, after))
}

impl Change {
    fn of(function: Option<&'static str>, before: &Setting, after: &Setting) -> Self {
        Self {
            function,
            field: after.field,
            before: before.value.clone(),
            after: after.value.clone(),
            source: after.source.clone(),
        }
    }
}
