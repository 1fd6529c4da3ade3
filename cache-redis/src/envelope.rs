//! What is stored for a key: the encoded value behind a header that says what it is. `docs/redis.md` has the table.

#[cfg(test)]
mod tests;

use std::time::{Duration, UNIX_EPOCH};

use cachery_core::{
    Codec, Lifetimes,
    remote::{Incoming, Outgoing},
};

const MAGIC: [u8; 4] = [0xCA, b'c', b'h', b'y'];
const FORMAT: u8 = 1;
/// No bit means anything yet. A reader refuses the ones that it does not know.
const FLAGS: [u8; 2] = [0; 2];
const CODECS: [(u8, Codec); 2] = [(1, Codec::MessagePack), (2, Codec::Json)];
const FOR_EVER: u64 = u64::MAX;

const CHECKSUM: usize = 64;
const PAYLOAD: usize = CHECKSUM + 8;

/// What `PTTL` said when the value was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pttl {
    /// It ends after this time.
    In(Duration),
    /// It does not end.
    Never,
    /// It was no longer there.
    Gone,
}

impl From<i64> for Pttl {
    fn from(answer: i64) -> Self {
        match u64::try_from(answer) {
            Ok(left) => Self::In(Duration::from_millis(left)),
            Err(_) if answer == -1 => Self::Never,
            Err(_) => Self::Gone,
        }
    }
}

/// The bytes to store under the text `key`.
pub(crate) fn seal(key: &[u8], generation: &[u8; 16], value: &Outgoing) -> Vec<u8> {
    let written = value.written.duration_since(UNIX_EPOCH).unwrap_or_default();
    let Lifetimes { fresh, stale, usable } = value.lifetimes;
    let mut bytes = Vec::with_capacity(PAYLOAD + value.payload.len());
    bytes.extend(MAGIC);
    bytes.extend([FORMAT, code(value.codec)]);
    bytes.extend(FLAGS);
    bytes.extend(generation);
    for lifetime in [fresh, stale, usable] {
        bytes.extend(lifetime.map_or(FOR_EVER, millis).to_be_bytes());
    }
    bytes.extend(millis(written).to_be_bytes());
    bytes.extend(u64::try_from(value.load_time.as_micros()).unwrap_or(u64::MAX).to_be_bytes());
    bytes.extend(checksum(key, &bytes, &value.payload));
    bytes.extend_from_slice(&value.payload);
    bytes
}

/// The value in what was read under the text `key`, with the generation that its load saw; or why it is none, in words that can be
/// a metric's label.
pub(crate) fn open(key: &[u8], bytes: Vec<u8>, pttl: Pttl) -> Result<([u8; 16], Incoming), &'static str> {
    let mut fields = Fields(verified(key, &bytes)?);
    let [code] = fields.take()?;
    if fields.take()? != FLAGS {
        return Err("unknown flag");
    }
    let codec = codec(code).ok_or("unknown codec")?;
    let generation = fields.take()?;
    let lifetimes = fields.lifetimes()?;
    let written = UNIX_EPOCH.checked_add(Duration::from_millis(fields.number()?)).ok_or("impossible time")?;
    let load_time = Duration::from_micros(fields.number()?);
    let age = age(lifetimes.usable, pttl)?;
    Ok((generation, Incoming { bytes, start: PAYLOAD, codec, lifetimes, age, written, load_time }))
}

/// The header's fields, from the codec on, when `bytes` are what was sealed under `key`.
fn verified<'a>(key: &[u8], bytes: &'a [u8]) -> Result<&'a [u8], &'static str> {
    let [format, ..] = bytes.strip_prefix(&MAGIC).ok_or("not ours")? else {
        return Err("cut short");
    };
    if *format != FORMAT {
        return Err("other format");
    }
    let (header, payload) = bytes.split_at_checked(PAYLOAD).ok_or("cut short")?;
    let (header, sum) = header.split_at(CHECKSUM);
    if checksum(key, header, payload) != sum {
        return Err("damaged");
    }
    Ok(&header[MAGIC.len() + 1..])
}

/// Over the key's text too, so that a value which was copied under another key is refused.
fn checksum(key: &[u8], header: &[u8], payload: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(header).update(payload);
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    first
}

/// Only Redis' clock tells the age: nodes' clocks differ. The age of what has no end does not matter.
fn age(usable: Option<Duration>, pttl: Pttl) -> Result<Duration, &'static str> {
    match (usable, pttl) {
        (Some(usable), Pttl::In(left)) => Ok(usable.saturating_sub(left)),
        (None, Pttl::Never) => Ok(Duration::ZERO),
        (Some(_), Pttl::Never) => Err("no expiry"),
        (None, Pttl::In(_)) => Err("unexpected expiry"),
        (_, Pttl::Gone) => Err("gone"),
    }
}

/// A codec without a code of its own gets 0, which readers refuse.
fn code(codec: Codec) -> u8 {
    CODECS.into_iter().find_map(|(code, known)| (known == codec).then_some(code)).unwrap_or(0)
}

fn codec(code: u8) -> Option<Codec> {
    CODECS.into_iter().find_map(|(known, codec)| (known == code).then_some(codec))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What is left of a header.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (field, rest) = self.0.split_first_chunk().ok_or("cut short")?;
        self.0 = rest;
        Ok(*field)
    }

    fn number(&mut self) -> Result<u64, &'static str> {
        self.take().map(u64::from_be_bytes)
    }

    fn lifetimes(&mut self) -> Result<Lifetimes, &'static str> {
        let [fresh, stale, usable] = [self.number()?, self.number()?, self.number()?];
        if fresh > stale || stale > usable {
            return Err("impossible lifetimes");
        }
        let [fresh, stale, usable] =
            [fresh, stale, usable].map(|ms| (ms != FOR_EVER).then(|| Duration::from_millis(ms)));
        Ok(Lifetimes { fresh, stale, usable })
    }
}
