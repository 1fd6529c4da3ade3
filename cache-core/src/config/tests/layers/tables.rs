//! The tables of fields, and who can speak of each field.

use std::fmt::Debug;

use super::{
    super::super::{merge::merge, sources::attribute},
    *,
};

/// A source of one setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Speaker {
    Builder,
    Variable,
    /// `REDIS_URL`.
    Usual,
    Profile,
    Inherited,
    File,
    Attribute,
}
use Speaker::{Attribute, Builder, File, Inherited, Profile, Variable};

/// From the strongest to the weakest.
const SPEAKERS: [Speaker; 5] = [Builder, Variable, Profile, Inherited, File];

/// Somebody who speaks, and of what: the section of a file.
pub(super) type Voice = (Speaker, &'static str);

fn all_of(section: &'static str) -> impl Iterator<Item = Voice> {
    SPEAKERS.into_iter().map(move |speaker| (speaker, section))
}

/// A table of fields.
pub(super) trait Table: Settings + Debug {
    /// Returns those who can speak of `field`, from the strongest to the weakest: rule C1, written down
    /// anew.
    fn voices(field: &Field<Self>) -> Vec<Voice>;

    fn variable(field: &Field<Self>, _section: &str) -> String {
        field.variable()
    }

    fn by_builder(
        builder: CachesBuilder,
        field: &Field<Self>,
        section: &str,
        text: &str,
    ) -> CachesBuilder;

    /// What comes out for `site`.
    fn sum(config: &Config, site: &Site) -> Self;

    /// What the attribute says beside.
    fn base(_: &Site) -> Self {
        Self::default()
    }

    fn shown(effective: &EffectiveConfig) -> &[Setting];
}

impl Table for ProgramSettings {
    fn voices(_: &Field<Self>) -> Vec<Voice> {
        all_of("").collect()
    }

    fn by_builder(
        builder: CachesBuilder,
        field: &Field<Self>,
        _: &str,
        text: &str,
    ) -> CachesBuilder {
        values::program(builder, field, text)
    }

    fn sum(config: &Config, _: &Site) -> Self {
        merge(config.layers.program())
    }

    fn shown(effective: &EffectiveConfig) -> &[Setting] {
        &effective.program
    }
}

impl Table for RemoteSettings {
    fn voices(field: &Field<Self>) -> Vec<Voice> {
        let mut voices: Vec<_> = all_of("redis").collect();
        if field.name == "url" {
            voices.insert(2, (Usual, "redis"));
        }
        voices
    }

    fn by_builder(
        builder: CachesBuilder,
        field: &Field<Self>,
        _: &str,
        text: &str,
    ) -> CachesBuilder {
        values::remote(builder, field, text)
    }

    fn sum(config: &Config, _: &Site) -> Self {
        merge(config.layers.remote())
    }

    fn shown(effective: &EffectiveConfig) -> &[Setting] {
        &effective.redis
    }
}

impl Table for CacheSettings {
    fn voices(field: &Field<Self>) -> Vec<Voice> {
        let all = all_of("default").filter(|_| field.name != "ttl");
        let in_attribute = [
            "ttl",
            "capacity",
            "backend",
            "engine",
            "eviction",
            "max_bytes",
            "stale",
            "stale_if_error",
            "retry_after",
            "none_ttl",
            "err_ttl",
            "memory_ttl",
        ];
        let attribute = in_attribute.contains(&field.name).then_some((Attribute, ""));
        all_of("cache.users").chain(attribute).chain(all).collect()
    }

    fn variable(field: &Field<Self>, section: &str) -> String {
        field.variable_of(if section == "default" { "default" } else { "users" })
    }

    fn by_builder(
        builder: CachesBuilder,
        field: &Field<Self>,
        section: &str,
        text: &str,
    ) -> CachesBuilder {
        let settings = values::cache(field, text);
        if section == "default" { builder.all(settings) } else { builder.cache("users", settings) }
    }

    fn sum(config: &Config, site: &Site) -> Self {
        merge(&config.layers.site(site))
    }

    fn base(site: &Site) -> Self {
        attribute::settings(site).settings
    }

    fn shown(effective: &EffectiveConfig) -> &[Setting] {
        &effective.caches[0].settings
    }
}
