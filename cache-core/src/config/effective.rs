//! The settings in effect, each with its source.

use std::fmt;

use cachery_syntax::shown_name;
use serde::Serialize;

use super::{
    checks::follows,
    fields::{Field, Policy, Settings},
    resolve::Config,
    source::Sourced,
    sources::attribute,
};
use crate::site::Site;

/// The source of a setting that no source has set.
pub(super) const BUILT_IN: &str = "built-in";
/// The value of a bound that is not set.
const NONE: &str = "none";
/// The value of a time that is not set.
const OFF: &str = "off";

/// The settings in effect, each with its source. `Display` shows them as a table. A password, a URL
/// or a secret is never in it.
///
/// ```
/// use cachery::Caches;
///
/// let config = Caches::isolated().config();
/// let enabled = &config.program[0];
/// assert_eq!((enabled.field, &*enabled.value, &*enabled.source), ("enabled", "true", "built-in"));
/// println!("{config}");
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// The configuration file that was read.
    pub file: Option<String>,
    /// The profile in effect.
    pub profile: Option<String>,
    /// The settings of the whole program.
    pub program: Vec<Setting>,
    /// The settings of each cached function, by the name of its cache and then by place.
    pub caches: Vec<CacheConfig>,
    /// The settings of Redis.
    pub redis: Vec<Setting>,
}

/// The settings of one cached function, each with its source.
///
/// ```
/// use cachery::Caches;
///
/// for cache in &Caches::isolated().config().caches {
///     println!("{} ({}) has {} settings", cache.name, cache.place, cache.settings.len());
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CacheConfig {
    /// The name of its cache.
    pub name: &'static str,
    /// Crate, modules and function: `shop::orders::get`.
    pub function: &'static str,
    /// File and line of the function: `src/orders.rs:12`.
    pub place: String,
    /// The settings of the function.
    pub settings: Vec<Setting>,
}

/// One setting, with its source and what it overrules.
///
/// ```
/// use cachery::Caches;
///
/// let config = Caches::isolated().config();
/// let prefix = config.redis.iter().find(|setting| setting.field == "prefix").unwrap();
/// assert_eq!((&*prefix.value, &*prefix.source), ("cachery", "built-in"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the field in a file.
    pub field: &'static str,
    /// The value in effect, as a setting writes it, unless it is private.
    pub value: String,
    /// The source: a variable, a line of a file, `builder`, `the attribute` or `the declaration`;
    /// `built-in` when no source sets it.
    pub source: String,
    /// The values of weaker sources, the strongest first.
    pub overruled: Vec<Overruled>,
}

/// The value of one source that a stronger source overrules.
///
/// ```
/// use cachery::config::Setting;
///
/// fn explain(setting: &Setting) {
///     for weaker in &setting.overruled {
///         println!("{} says {}, and {} wins", weaker.source, weaker.value, setting.source);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Overruled {
    /// The value.
    pub value: String,
    /// The source.
    pub source: String,
}

impl EffectiveConfig {
    /// Returns the settings of `latest` for `sites`, each with its policy in effect, and those of
    /// Redis as `started` has them.
    pub(crate) fn of<'a>(
        latest: &Config,
        started: &Config,
        sites: impl Iterator<Item = (&'a Site, Policy)>,
    ) -> Self {
        Self {
            file: latest.file.clone(),
            profile: latest.profile.clone(),
            program: settings(latest.layers.program()),
            caches: sites.map(|(site, policy)| CacheConfig::of(latest, site, &policy)).collect(),
            redis: redis(started),
        }
    }
}

impl CacheConfig {
    fn of(config: &Config, site: &Site, policy: &Policy) -> Self {
        let mut settings = settings(&config.layers.site(site));
        for setting in &mut settings {
            match setting.field {
                "enabled" => setting.correct(&policy.enabled, || off_by(config)),
                "backend" => setting.correct(&policy.backend, || kept_by(site)),
                "engine" => setting.correct(&policy.engine, at_start),
                "eviction" => setting.correct(&policy.eviction, at_start),
                "max_bytes" if !follows(site, "max_bytes") => setting.correct(&NONE, unweighed),
                field @ ("none_ttl" | "err_ttl" | "load_timeout" | "soft_timeout" | "budget")
                    if !follows(site, field) =>
                {
                    setting.correct(&OFF, unable);
                }
                _ => {}
            }
        }
        Self { name: site.name, function: site.function, place: site.place(), settings }
    }
}

/// Returns the source that switched a cache off, when none of its own settings did.
fn off_by(config: &Config) -> String {
    let off = config.layers.program().find(|sourced| sourced.settings.enabled.is_some());
    off.filter(|sourced| sourced.settings.enabled == Some(false))
        .map_or_else(|| "`set_enabled`".to_owned(), |sourced| sourced.source.in_table())
}

/// Returns the source that keeps the entries of `site` where they are, against its settings.
fn kept_by(site: &Site) -> String {
    if site.local {
        format!("{} (`local`)", attribute::settings(site).source.in_table())
    } else {
        at_start()
    }
}

/// Returns the source of a bound of bytes that a function cannot have.
fn unweighed() -> String {
    "the function, whose values have no known size and no `weigh`".to_owned()
}

/// Returns the source of a time that a function cannot have.
fn unable() -> String {
    "the function, whose return type does not allow it".to_owned()
}

/// Returns the source of what a restart alone can change.
fn at_start() -> String {
    "the start of the program".to_owned()
}

/// Returns the settings of Redis. The default of the prefix depends on the profile.
fn redis(config: &Config) -> Vec<Setting> {
    let mut settings = settings(config.layers.remote());
    let prefix = settings.iter_mut().find(|setting| setting.field == "prefix");
    if let Some((prefix, profile)) = prefix.zip(config.profile.as_ref())
        && prefix.source == BUILT_IN
    {
        prefix.value.clone_from(&config.remote.prefix);
        prefix.source = format!("the profile `{}`", shown_name(profile));
    }
    settings
}

fn settings<'a, S: Settings>(sourced: impl IntoIterator<Item = &'a Sourced<S>>) -> Vec<Setting> {
    let sourced: Vec<_> = sourced.into_iter().collect();
    S::FIELDS.iter().map(|field| setting(field, &sourced)).collect()
}

fn setting<S>(field: &Field<S>, sourced: &[&Sourced<S>]) -> Setting {
    let values = sourced.iter().filter_map(|sourced| {
        let value = (field.show)(&sourced.settings)?;
        Some(Overruled { value, source: sourced.source.in_table() })
    });
    let mut values: Vec<_> = values.collect();
    if field.list {
        values = joined(&values).into_iter().collect();
    }
    let mut values = values.into_iter();
    let built_in = || Overruled { value: field.default.text(), source: BUILT_IN.to_owned() };
    let Overruled { value, source } = values.next().unwrap_or_else(built_in);
    Setting { field: field.name, value, source, overruled: values.collect() }
}

/// Joins the parts of a list: no source overrules another.
fn joined(values: &[Overruled]) -> Option<Overruled> {
    if values.is_empty() {
        return None;
    }
    let join = |part: fn(&Overruled) -> &str, separator| {
        values.iter().map(part).collect::<Vec<_>>().join(separator)
    };
    Some(Overruled {
        value: join(|part| &part.value, ","),
        source: join(|part| &part.source, " and "),
    })
}

impl Setting {
    /// Puts the `value` in effect in place of the one that was set, if they differ.
    fn correct(&mut self, value: &impl fmt::Display, source: impl FnOnce() -> String) {
        let value = value.to_string();
        if value == self.value {
            return;
        }
        let overruled = Overruled {
            value: std::mem::replace(&mut self.value, value),
            source: std::mem::replace(&mut self.source, source()),
        };
        self.overruled.insert(0, overruled);
    }
}

/// Writes a table of the settings of each cache with their sources.
impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "file: {}", self.file.as_deref().unwrap_or("none"))?;
        writeln!(f, "profile: {}", self.profile.as_deref().unwrap_or("none"))?;
        section(f, "program", &self.program)?;
        for cache in &self.caches {
            section(
                f,
                &format!("{} ({}, {})", cache.name, cache.function, cache.place),
                &cache.settings,
            )?;
        }
        section(f, "redis", &self.redis)
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, settings: &[Setting]) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    settings.iter().try_for_each(|setting| writeln!(f, "  {setting}"))
}

/// Writes `ttl  30m  from CACHE_USERS_TTL; the attribute says 1h`, in columns.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16} {:<14} ", self.field, self.value)?;
        match &*self.source {
            BUILT_IN => f.write_str(BUILT_IN)?,
            source => write!(f, "from {source}")?,
        }
        self.overruled
            .iter()
            .try_for_each(|weaker| write!(f, "; {} says {}", weaker.source, weaker.value))
    }
}
