//! The syntax of values: how the text of a variable or a file is read, shown and checked.
//!
//! An error says what is wrong and what to write instead. Where a value may be private, its error
//! does not repeat it.

use std::{fmt::Display, str::FromStr, time::Duration};

use cachery_syntax::{
    Backend, Budget, Engine, Eviction, MAX_DURATION, Period, Refresh, Ttl, choose, excerpt,
    format_duration, format_size, parse_duration, parse_size,
};

use super::{super::prefix, fallback::Fallback, secret::Secret};
use crate::codec::Codec;

pub(crate) type Parsed<T> = Result<T, String>;

/// The most bytes of a path that Linux opens.
const LONGEST_PATH: usize = 4096;

/// The most that one load costs. More would leave 64 bits, counted in billionths.
const MOST_UNITS: f64 = 9e9;

/// The text that is shown in place of a private value.
const HIDDEN: &str = "(not shown)";

/// The syntax of one kind of value.
pub(super) struct Syntax<T: 'static> {
    /// The values that there are, for the documentation.
    pub(super) values: &'static str,
    pub(super) read: fn(&str) -> Parsed<T>,
    pub(super) show: fn(&T) -> String,
    /// Checks a value that code has set. `read` refuses the same.
    pub(super) check: fn(&T) -> Parsed<()>,
    /// Combines the values of a stronger and of a weaker source.
    pub(super) or: fn(Option<T>, Option<T>) -> Option<T>,
    pub(super) list: bool,
}

impl<T> Syntax<T> {
    const fn new(
        values: &'static str,
        read: fn(&str) -> Parsed<T>,
        show: fn(&T) -> String,
    ) -> Self {
        Self { values, read, show, check: |_| Ok(()), or: Option::or, list: false }
    }

    const fn checked(self, check: fn(&T) -> Parsed<()>) -> Self {
        Self { check, ..self }
    }
}

pub(super) const SWITCH: Syntax<bool> =
    Syntax::new("`true` or `false`", read_switch, bool::to_string);

pub(super) const TTL: Syntax<Ttl> =
    Syntax::new("seconds, a duration such as `1h30m`, or `forever`", read, ToString::to_string)
        .checked(check_ttl);

pub(super) const ENTRIES: Syntax<u64> =
    Syntax::new("a number of entries", read_entries, u64::to_string)
        .checked(|entries| check_entries(*entries));

pub(super) const BACKEND: Syntax<Backend> =
    Syntax::new("`memory`, `redis` or `tiered`", read, ToString::to_string);

pub(super) const ENGINE: Syntax<Engine> =
    Syntax::new("`s3-fifo` or `moka`", read, ToString::to_string);

pub(super) const EVICTION: Syntax<Eviction> =
    Syntax::new("`tiny-lfu` or `lru`", read, ToString::to_string);

pub(super) const CODEC: Syntax<Codec> =
    Syntax::new("`binary` or `json`", read_codec, ToString::to_string);

pub(super) const BYTES: Syntax<u64> =
    Syntax::new("bytes, or a size such as `64KiB`", read_bytes, |bytes| format_size(*bytes))
        .checked(|bytes| check_bytes(*bytes));

pub(super) const MAX_BYTES: Syntax<u64> =
    Syntax::new("bytes, or a size such as `64MiB`", read_bytes, |bytes| format_size(*bytes))
        .checked(|bytes| check_max_bytes(*bytes));

pub(super) const SHARE: Syntax<f64> =
    Syntax::new("a share, from 0 to 1", read_share, f64::to_string)
        .checked(|share| check_share(*share));

pub(super) const URL: Syntax<Secret> = Syntax::new(
    "`redis://`, `rediss://`, `valkey://`, `valkeys://`, `unix://`, `redis-sentinel://h1,h2/master`, `redis-cluster://h1,h2`",
    // The backend checks it, when a cache needs one.
    |text| Ok(Secret::new(text)),
    |_| HIDDEN.to_owned(),
);

pub(super) const PATH: Syntax<String> =
    Syntax::new("a path", |text| path(text).map(|()| text.to_owned()), String::clone)
        .checked(|text| path(text));

pub(super) const COMMAND: Syntax<String> =
    Syntax::new("a command", |text| Ok(text.to_owned()), |_| HIDDEN.to_owned());

pub(super) const PREFIX: Syntax<String> = Syntax::new(
    "1 to 64 letters, digits, `_`, `-`, `.` and `:`",
    |text| check_prefix(text).map(|()| text.to_owned()),
    String::clone,
)
.checked(|text| check_prefix(text));

pub(super) const COST_UNIT: Syntax<String> = Syntax::new(
    "1 to 16 characters, as `USD`",
    |text| check_cost_unit(text).map(|()| text.to_owned()),
    String::clone,
)
.checked(|text| check_cost_unit(text));

pub(super) const SECRET: Syntax<Secret> = Syntax::new(
    "at least 16 bytes",
    |text| check_secret(text).map(|()| Secret::new(text)),
    |_| HIDDEN.to_owned(),
)
.checked(|secret| check_secret(secret.reveal()));

pub(super) const FALLBACK: Syntax<Fallback> =
    Syntax::new("`memory` or `off`", read_fallback, ToString::to_string);

pub(super) const DEADLINE: Syntax<Duration> =
    Syntax::new("seconds, or a duration such as `100ms`", read_time, show_time).checked(check_time);

pub(super) const RETRY: Syntax<Duration> =
    Syntax::new("seconds, or a duration such as `10s`", read_time, show_time).checked(check_time);

pub(super) const PERIOD: Syntax<Period> =
    Syntax::new("seconds, a duration such as `10m`, or `off`", read, ToString::to_string)
        .checked(check_period);

pub(super) const TIMEOUT: Syntax<Period> =
    Syntax::new("seconds, a duration such as `500ms`, or `off`", read, ToString::to_string)
        .checked(check_period);

pub(super) const REFRESH: Syntax<Refresh> =
    Syntax::new("`auto`, a share of the ttl such as `80%`, or `off`", read, ToString::to_string)
        .checked(|refresh| refresh.check().map(drop).map_err(|error| error.to_string()));

pub(super) const COST: Syntax<f64> =
    Syntax::new("zero or more units of `CACHE_COST_UNIT`", read_cost, f64::to_string)
        .checked(|cost| check_cost(*cost));

pub(super) const BUDGET: Syntax<Budget> = Syntax::new(
    "an amount and `minute`, `hour`, `day`, `week`, `month` or a duration, such as `50/day` or `50/24h`; or `off`",
    read,
    ToString::to_string,
)
.checked(|budget| budget.check().map(drop).map_err(|error| error.to_string()));

pub(super) const OUTAGE: Syntax<Duration> =
    Syntax::new("seconds, or a duration such as `30s`", read_time, show_time).checked(check_time);

/// Names of all sources count: a source that lists one more takes none away.
pub(super) const NAMES: Syntax<Vec<String>> = Syntax {
    or: |mut names, weaker| {
        names.get_or_insert_default().extend(weaker.unwrap_or_default());
        names.filter(|names| !names.is_empty())
    },
    list: true,
    ..Syntax::new("names", read_names, |names| names.join(","))
};

fn read<T>(text: &str) -> Parsed<T>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn read_switch(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(format!("{:?} is neither `true` nor `false`", excerpt(text))),
    }
}

fn check_ttl(ttl: &Ttl) -> Parsed<()> {
    match ttl {
        Ttl::For(Duration::ZERO) => {
            Err("a ttl of zero keeps nothing; use `enabled(false)` to switch caching off"
                .to_owned())
        }
        Ttl::For(time) if *time > MAX_DURATION => {
            Err("a ttl of more than a century is refused; use `forever()`".to_owned())
        }
        _ => Ok(()),
    }
}

fn read_entries(text: &str) -> Parsed<u64> {
    match text.replace('_', "").parse() {
        Ok(0) => {
            Err("a capacity of zero holds nothing; switch the cache off by its `…_ENABLED=false`"
                .to_owned())
        }
        Ok(entries) => Ok(entries),
        Err(_) => Err(format!("{:?} is not a number of entries, such as `50000`", excerpt(text))),
    }
}

fn check_entries(entries: u64) -> Parsed<()> {
    if entries > 0 {
        return Ok(());
    }
    Err("a capacity of zero holds nothing; use `enabled(false)` to switch caching off".to_owned())
}

fn read_bytes(text: &str) -> Parsed<u64> {
    parse_size(text).map_err(|error| error.to_string())
}

fn check_bytes(bytes: u64) -> Parsed<()> {
    if bytes > 0 {
        return Ok(());
    }
    Err("a value size of zero sends nothing; use `backend(Backend::Memory)` to stay in memory"
        .to_owned())
}

fn check_max_bytes(bytes: u64) -> Parsed<()> {
    if bytes > 0 {
        return Ok(());
    }
    Err("a bound of zero bytes holds nothing; use `enabled(false)` to switch caching off"
        .to_owned())
}

fn read_share(text: &str) -> Parsed<f64> {
    match text.parse() {
        Ok(share) if is_share(share) => Ok(share),
        _ => Err(format!(
            "{:?} is not a share of the ttl, from 0 to 1, such as `0.05`",
            excerpt(text)
        )),
    }
}

fn check_share(share: f64) -> Parsed<()> {
    if is_share(share) { Ok(()) } else { Err(format!("{share} is not a share, from 0 to 1")) }
}

fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

fn read_cost(text: &str) -> Parsed<f64> {
    // Not the exponents and words that `parse` would take.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let cost = text.parse().ok().filter(|cost| is_plain && check_cost(*cost).is_ok());
    cost.ok_or_else(|| {
        format!("{:?} is not a cost: write zero or more, such as `0.03`", excerpt(text))
    })
}

fn check_cost(cost: f64) -> Parsed<()> {
    if (0.0..=MOST_UNITS).contains(&cost) {
        return Ok(());
    }
    Err(format!("{cost} is not a cost: a load costs zero or more, up to {MOST_UNITS}"))
}

fn read_codec(text: &str) -> Parsed<Codec> {
    // The default of earlier versions: settings that name it stay valid.
    if text == "messagepack" {
        return Ok(Codec::Binary);
    }
    choose(text, "codec", &[("binary", Codec::Binary), ("json", Codec::Json)])
        .map_err(|error| error.to_string())
}

fn read_fallback(text: &str) -> Parsed<Fallback> {
    choose(text, "fallback", &[("memory", Fallback::Memory), ("off", Fallback::Off)])
        .map_err(|error| error.to_string())
}

fn read_time(text: &str) -> Parsed<Duration> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn show_time(time: &Duration) -> String {
    format_duration(*time)
}

fn check_period(period: &Period) -> Parsed<()> {
    period.time().map_or(Ok(()), |time| check_time(&time))
}

fn check_time(time: &Duration) -> Parsed<()> {
    if time.is_zero() {
        Err("a time of zero is refused: choose a longer one, such as 100 ms".to_owned())
    } else if *time > MAX_DURATION {
        Err("a time of more than a century is refused: choose a shorter one".to_owned())
    } else {
        Ok(())
    }
}

/// Checks that `text` can be a path. The contents of a file in its place may be private: no error
/// shows the text.
pub(crate) fn path(text: &str) -> Parsed<()> {
    if text.len() > LONGEST_PATH || text.starts_with("-----") || text.contains(char::is_control) {
        return Err("it is not a path: write the path of the file, not its contents".to_owned());
    }
    Ok(())
}

fn check_prefix(text: &str) -> Parsed<()> {
    if let Some((index, found)) = text.chars().enumerate().find(|(_, c)| !prefix::is_allowed(*c)) {
        return Err(format!(
            "character {} of the prefix is `{}`: use letters from a to z or A to Z, digits, `_`, `-`, \
             `.` and `:`",
            index + 1,
            found.escape_debug()
        ));
    }
    match text.len() {
        0 => Err("the prefix is empty: leave it out, or write one, as in `shop`".to_owned()),
        1..=prefix::LONGEST => Ok(()),
        length => Err(format!("the prefix is {length} characters long: use at most 64")),
    }
}

fn check_cost_unit(text: &str) -> Parsed<()> {
    let is_printable = |c: char| !c.is_control() && !c.is_whitespace();
    if (1..=16).contains(&text.chars().count()) && text.chars().all(is_printable) {
        return Ok(());
    }
    let unit = excerpt(text);
    Err(format!("{unit:?} is not a unit: write 1 to 16 characters without spaces, as `USD`"))
}

fn check_secret(text: &str) -> Parsed<()> {
    match text.len() {
        16.. => Ok(()),
        length => Err(format!(
            "the secret has {length} bytes, which can be guessed: use at least 16 random ones, as \
             `openssl rand -hex 16` makes them"
        )),
    }
}

/// Reads names between commas.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside parsers that can fail")]
fn read_names(text: &str) -> Parsed<Vec<String>> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}
