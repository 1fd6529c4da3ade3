//! The values of each field in these tests, and the way in which code sets them. A new field has no value here
//! and no method of the builder, and so fails the test.

use cachery_syntax::{Period, Ttl};

use super::super::*;
use crate::{CachesBuilder, TlsFiles};

/// What the voice with this `number` says, as a variable has it; its neighbours say something else.
pub(super) fn text(field: &str, number: usize) -> String {
    let one_of = |words: &[&str]| words[number % words.len()].to_owned();
    match field {
        "enabled" | "strict" | "lease" | "required" => one_of(&["true", "false"]),
        "backend" => one_of(&["memory", "redis", "tiered"]),
        "engine" => one_of(&["s3-fifo", "moka"]),
        "eviction" => one_of(&["tiny-lfu", "lru"]),
        "codec" => one_of(&["binary", "json"]),
        "fallback" => one_of(&["memory", "off"]),
        "capacity" | "max_value_size" | "max_bytes" => (number + 1).to_string(),
        "ttl" | "stale" | "stale_if_error" | "retry_after" | "none_ttl" | "err_ttl"
        | "memory_ttl" | "load_timeout" | "soft_timeout" | "remote_deadline" | "outage_ttl" => {
            format!("{}s", number + 1)
        }
        "refresh" => format!("{}%", number + 1),
        "budget" => format!("{}/day", number + 1),
        "cost" | "jitter" => format!("0.{number}1"),
        "external" => format!("CACHE_X{number}"),
        "cost_unit" => format!("U{number}"),
        "url" => format!("redis://host-{number}"),
        "ca" | "cert" | "key" => format!("file-{number}.pem"),
        "journal" => format!("file-{number}.journal"),
        "password_command" => format!("command-{number}"),
        "prefix" => format!("prefix-{number}"),
        "key_secret" => format!("a-secret-of-16-bytes-{number}"),
        other => panic!("a new field needs values here: {other}"),
    }
}

/// The same in a file.
pub(super) fn toml(text: &str) -> String {
    let bare = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
    if bare { text.to_owned() } else { format!("'{text}'") }
}

pub(super) fn program(
    builder: CachesBuilder,
    field: &Field<ProgramSettings>,
    text: &str,
) -> CachesBuilder {
    match field.name {
        "enabled" => builder.enabled(text == "true"),
        "strict" => builder.strict(text == "true"),
        "external" => builder.external([text]),
        "max_bytes" => builder.max_bytes(text.parse().expect("a number")),
        "cost_unit" => builder.cost_unit(text),
        other => panic!("a new field needs a method of the builder: {other}"),
    }
}

pub(super) fn remote(
    builder: CachesBuilder,
    field: &Field<RemoteSettings>,
    text: &str,
) -> CachesBuilder {
    let file = || Some(text.to_owned());
    let said = (field.read)(text).expect("a right value");
    match field.name {
        "url" => builder.redis_url(text),
        "ca" => builder.redis_tls(TlsFiles { ca: file(), ..TlsFiles::default() }),
        "cert" => builder.redis_tls(TlsFiles { cert: file(), ..TlsFiles::default() }),
        "key" => builder.redis_tls(TlsFiles { key: file(), ..TlsFiles::default() }),
        "journal" => builder.journal(text),
        "prefix" => builder.prefix(text),
        "key_secret" => builder.key_secret(text),
        "required" => builder.required(text == "true"),
        "fallback" => builder.fallback(said.fallback.expect("it is said")),
        "remote_deadline" => builder.remote_deadline(said.remote_deadline.expect("it is said")),
        // Users of the builder give a closure in its place.
        "password_command" => {
            let mut builder = builder;
            builder.sources.builder.remote.password_command = Some(text.to_owned());
            builder
        }
        "outage_ttl" => builder.outage_ttl(said.outage_ttl.expect("it is said")),
        other => panic!("a new field needs a method of the builder: {other}"),
    }
}

pub(super) fn cache(field: &Field<CacheSettings>, text: &str) -> CacheSettings {
    let (settings, said) = (CacheSettings::new(), (field.read)(text).expect("a right value"));
    match field.name {
        "ttl" => match said.ttl.expect("it is said") {
            Ttl::For(time) => settings.ttl(time),
            Ttl::Forever => settings.forever(),
        },
        "capacity" => settings.capacity(said.capacity.expect("it is said")),
        "enabled" => settings.enabled(text == "true"),
        "backend" => settings.backend(said.backend.expect("it is said")),
        "max_bytes" => settings.max_bytes(said.max_bytes.expect("it is said")),
        "engine" => settings.engine(said.engine.expect("it is said")),
        "eviction" => settings.eviction(said.eviction.expect("it is said")),
        "stale" => settings.stale(time(said.stale)),
        "stale_if_error" => settings.stale_if_error(time(said.stale_if_error)),
        "retry_after" => settings.retry_after(said.retry_after.expect("it is said")),
        "load_timeout" => settings.load_timeout(time(said.load_timeout)),
        "soft_timeout" => settings.soft_timeout(time(said.soft_timeout)),
        "cost" => settings.cost(said.cost.expect("it is said")),
        "budget" => settings.budget(said.budget.expect("it is said")),
        "refresh" => settings.refresh(said.refresh.expect("it is said")),
        "none_ttl" => settings.none_ttl(time(said.none_ttl)),
        "err_ttl" => settings.err_ttl(time(said.err_ttl)),
        "memory_ttl" => settings.memory_ttl(time(said.memory_ttl)),
        "codec" => settings.codec(said.codec.expect("it is said")),
        "lease" => settings.lease(text == "true"),
        "max_value_size" => settings.max_value_size(said.max_value_size.expect("it is said")),
        "jitter" => settings.jitter(said.jitter.expect("it is said")),
        other => panic!("a new field needs a method of the settings: {other}"),
    }
}

fn time(period: Option<Period>) -> Duration {
    period.and_then(Period::time).expect("it is said")
}

/// `site` with an attribute that says it.
pub(super) fn attribute(site: Site, field: &str, number: usize) -> Site {
    let text = text(field, number);
    match field {
        "ttl" => site.ttl_millis(1000 * (number as u64 + 1)),
        "capacity" => site.capacity(text.parse().expect("a number")),
        "backend" => site.backend(text.parse().expect("a backend")),
        "max_bytes" => site.max_bytes(text.parse().expect("a number")),
        "engine" => site.engine(text.parse().expect("an engine")),
        "stale" => site.stale_millis(1000 * (number as u64 + 1)),
        "stale_if_error" => site.stale_if_error_millis(1000 * (number as u64 + 1)),
        "retry_after" => site.retry_after_millis(1000 * (number as u64 + 1)),
        "none_ttl" => site.none_ttl_millis(1000 * (number as u64 + 1)).optional(),
        "err_ttl" => site.err_ttl_millis(1000 * (number as u64 + 1)),
        "memory_ttl" => site.memory_ttl_millis(1000 * (number as u64 + 1)),
        "eviction" => site.eviction(text.parse().expect("a rule of eviction")),
        other => panic!("no attribute says it: {other}"),
    }
}
