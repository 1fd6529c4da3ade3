//! The settings in effect, each with who says it.

use std::fmt;

use serde::Serialize;

use super::{
    Config,
    field::Field,
    fields::{CACHE, PROGRAM, REMOTE},
    layer::of_attribute,
    source::{Said, Source},
};
use crate::{policy::Policy, site::Site};

/// The settings in effect, each with who says it. Shown, it is a table. A password, a URL or a secret is never in it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// The configuration file that was read.
    pub file: Option<String>,
    /// The profile that stands.
    pub profile: Option<String>,
    /// What is set for the whole program.
    pub program: Vec<Setting>,
    /// One for each cached function, by name and then by place.
    pub caches: Vec<CacheConfig>,
    /// What is set for Redis.
    pub redis: Vec<Setting>,
}

/// The settings of one cached function.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CacheConfig {
    /// The name of its cache.
    pub name: &'static str,
    /// Crate, modules and function: `shop::orders::get`.
    pub function: &'static str,
    /// Where it stands: `src/orders.rs:12`.
    pub place: String,
    /// Its settings.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// As files spell it.
    pub field: &'static str,
    /// The value in effect, as it would be written, unless it is private.
    pub value: String,
    /// Who says so: a variable, a line of a file, `builder`, `the attribute`, `the declaration`; `built-in` when nobody does.
    pub source: String,
    /// What weaker sources say, the strongest first.
    pub overruled: Vec<Statement>,
}

/// What a source says that another one overrules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Statement {
    /// Its value.
    pub value: String,
    /// Who says so.
    pub source: String,
}

impl Config {
    /// The settings in effect for `sites`, each of which behaves as its policy says; those for Redis are what `started` says.
    pub(crate) fn effective<'a>(
        &self,
        started: &Self,
        sites: impl Iterator<Item = (&'a Site, Policy)>,
    ) -> EffectiveConfig {
        let remote: Vec<_> = started.layers.iter().flat_map(|layer| layer.remote.clone()).collect();
        EffectiveConfig {
            file: self.file.clone(),
            profile: self.profile.clone(),
            program: settings(&PROGRAM, &self.said_of_program()),
            caches: sites.map(|(site, policy)| self.effective_of(site, &policy)).collect(),
            redis: settings(&REMOTE, &remote),
        }
    }

    fn effective_of(&self, site: &Site, policy: &Policy) -> CacheConfig {
        let said = self.said(site);
        let mut settings = settings(&CACHE, &said);
        for setting in &mut settings {
            match setting.field {
                "enabled" => setting.correct(&policy.enabled, || self.who_switched_off()),
                "backend" => setting.correct(&policy.backend, || who_holds(site)),
                _ => {}
            }
        }
        CacheConfig { name: site.name, function: site.function, place: site.place(), settings }
    }

    fn who_switched_off(&self) -> String {
        let said = self.said_of_program();
        let off = said.iter().find(|said| said.settings.enabled.is_some());
        off.filter(|said| said.settings.enabled == Some(false))
            .map_or_else(|| "`set_enabled`".to_owned(), |said| attributed(&said.source))
    }
}

/// Who keeps the entries of `site` where they are, when it is not the one who says where.
fn who_holds(site: &Site) -> String {
    if site.local {
        format!("{} (`local`)", attributed(&of_attribute(site).source))
    } else {
        "the start of the program".to_owned()
    }
}

/// What `said` comes to for each of `fields`.
fn settings<S>(fields: &[Field<S>], said: &[Said<S>]) -> Vec<Setting> {
    fields.iter().map(|field| setting(field, said)).collect()
}

fn setting<S>(field: &Field<S>, said: &[Said<S>]) -> Setting {
    let statements = said.iter().filter_map(|said| {
        let value = (field.show)(&said.settings)?;
        Some(Statement { value, source: attributed(&said.source) })
    });
    let mut statements: Vec<_> = statements.collect();
    if field.many {
        statements = together(&statements).into_iter().collect();
    }
    let nobody =
        || Statement { value: field.default.trim_matches('`').to_owned(), source: "built-in".to_owned() };
    let mut statements = statements.into_iter();
    let Statement { value, source } = statements.next().unwrap_or_else(nobody);
    Setting { field: field.name, value, source, overruled: statements.collect() }
}

/// The one statement that the parts of a list are: no source overrules another.
fn together(statements: &[Statement]) -> Option<Statement> {
    let joined = |part: fn(&Statement) -> &str, by| statements.iter().map(part).collect::<Vec<_>>().join(by);
    let all =
        || Statement { value: joined(|said| &said.value, ","), source: joined(|said| &said.source, " and ") };
    (!statements.is_empty()).then(all)
}

fn attributed(source: &Source) -> String {
    match source {
        Source::Attribute(_) => "the attribute".to_owned(),
        Source::Declaration(_) => "the declaration".to_owned(),
        source => source.to_string(),
    }
}

impl Setting {
    /// Puts the `value` that is in effect over what is said, if that is another.
    fn correct(&mut self, value: &impl fmt::Display, source: impl FnOnce() -> String) {
        let value = value.to_string();
        if value == self.value {
            return;
        }
        let said = Statement {
            value: std::mem::replace(&mut self.value, value),
            source: std::mem::replace(&mut self.source, source()),
        };
        self.overruled.insert(0, said);
    }
}

/// A table: for each cache its settings, and who says each.
impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "file: {}", self.file.as_deref().unwrap_or("none"))?;
        writeln!(f, "profile: {}", self.profile.as_deref().unwrap_or("none"))?;
        section(f, "program", &self.program)?;
        for cache in &self.caches {
            section(f, &format!("{} ({}, {})", cache.name, cache.function, cache.place), &cache.settings)?;
        }
        section(f, "redis", &self.redis)
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, settings: &[Setting]) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    settings.iter().try_for_each(|setting| writeln!(f, "  {setting}"))
}

/// `ttl  30m  from CACHE_USERS_TTL; the attribute says 1h`, in columns.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16} {:<14} ", self.field, self.value)?;
        match &*self.source {
            "built-in" => f.write_str("built-in")?,
            source => write!(f, "from {source}")?,
        }
        self.overruled.iter().try_for_each(|said| write!(f, "; {} says {}", said.source, said.value))
    }
}
