//! The changes of settings that a reload makes, and those that need a restart.

use serde::Serialize;

use super::effective::{EffectiveConfig, Setting};

/// The changes that [`Caches::reload`](crate::Caches::reload) has made, and those that need a
/// restart.
///
/// ```
/// use cachery::{Caches, config::Reload};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let Reload { changed, needs_restart, .. } = Caches::current().reload().await?;
/// for change in changed.iter().chain(&needs_restart) {
///     println!("{}: {} -> {} ({})", change.field, change.before, change.after, change.source);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reload {
    /// Changes in effect now.
    pub changed: Vec<Change>,
    /// Changes that take effect when the program starts again.
    pub needs_restart: Vec<Change>,
}

/// The change of one setting. A private value is not shown.
///
/// ```
/// use cachery::config::Change;
///
/// fn line(change: &Change) -> String {
///     let Change { field, before, after, source, .. } = change;
///     format!("{field}: {before} -> {after}, from {source}")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The cached function, as `shop::orders::get`; `None` for a setting of all.
    pub function: Option<&'static str>,
    /// The name of the field in a file.
    pub field: &'static str,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
    /// The source of the value after.
    pub source: String,
}

impl Reload {
    /// Compares the settings in effect `before` and `now`, and with those after a restart. `hidden`
    /// are the fields of Redis whose private values a restart changes.
    pub(crate) fn of(
        before: &EffectiveConfig,
        now: &EffectiveConfig,
        restarted: &EffectiveConfig,
        hidden: impl Iterator<Item = &'static str>,
    ) -> Self {
        let mut needs_restart = changes(now, restarted);
        needs_restart.extend(hidden.filter_map(|field| hidden_change(field, now, restarted)));
        Self { changed: changes(before, now), needs_restart }
    }
}

/// Returns the change of a private value. One that appeared or disappeared shows, and is named
/// already.
fn hidden_change(
    field: &str,
    now: &EffectiveConfig,
    restarted: &EffectiveConfig,
) -> Option<Change> {
    let before = now.redis.iter().find(|setting| setting.field == field)?;
    let after = restarted.redis.iter().find(|setting| setting.field == field)?;
    (before.value == after.value).then(|| Change::of(None, before, after))
}

fn changes(before: &EffectiveConfig, after: &EffectiveConfig) -> Vec<Change> {
    let for_all = between(None, &before.program, &after.program).chain(between(
        None,
        &before.redis,
        &after.redis,
    ));
    let caches = before.caches.iter().zip(&after.caches);
    let of_caches = caches.flat_map(|(before, after)| {
        between(Some(after.function), &before.settings, &after.settings)
    });
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
    /// Returns the change of the private value of a `field` of Redis.
    pub(crate) fn hidden(field: &str, config: &EffectiveConfig) -> Option<Self> {
        let setting = config.redis.iter().find(|setting| setting.field == field)?;
        Some(Self::of(None, setting, setting))
    }

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
