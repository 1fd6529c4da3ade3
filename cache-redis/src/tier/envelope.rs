//! The stored form of a value: a header that describes it, records, and the encoded value. The table is in
//! `docs/redis.md`.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cachery_core::{
    Codec, Lifetimes, Spent,
    remote::{Digest, Incoming, Outgoing, StoredTag, TagKey},
};

use super::token::State;

const MAGIC: [u8; 4] = [0xCA, b'c', b'h', b'y'];
const FORMAT: u8 = 2;
/// The kind of the record about the tags that the call named. A reader refuses those that it does not
/// know.
const TAGS: u8 = 1;
/// The kind of the record about the tags that the value says itself.
const TAGS_OF_RESULT: u8 = 2;
/// 1 and 2 were `MessagePack` and JSON without a proof of what they give back. They are never read.
const CODECS: [(u8, Codec); 2] = [(3, Codec::Binary), (4, Codec::Json)];
const FOR_EVER: u64 = u64::MAX;

const STATE: usize = 8;
const CHECKSUM: usize = 88;
const PAYLOAD: usize = CHECKSUM + 8;

/// The reply to `PTTL` when the value was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pttl {
    /// The value ends after this time.
    In(Duration),
    /// The value does not end.
    Never,
    /// The value was gone.
    Gone,
}

/// The cause for which stored bytes are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Corruption {
    NotOurs,
    OtherFormat,
    CutShort,
    Damaged,
    UnknownCodec,
    UnknownRecord,
    ImpossibleLifetimes,
    ImpossibleTime,
    NoExpiry,
    UnexpectedExpiry,
    Gone,
}

impl Corruption {
    /// Returns the cause as log lines and `docs/redis.md` name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotOurs => "not ours",
            Self::OtherFormat => "other format",
            Self::CutShort => "cut short",
            Self::Damaged => "damaged",
            Self::UnknownCodec => "unknown codec",
            Self::UnknownRecord => "unknown record",
            Self::ImpossibleLifetimes => "impossible lifetimes",
            Self::ImpossibleTime => "impossible time",
            Self::NoExpiry => "no expiry",
            Self::UnexpectedExpiry => "unexpected expiry",
            Self::Gone => "gone",
        }
    }
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

/// Returns the bytes to store under the text `key`, for a value with these tags; `None` where they
/// are too many.
pub(super) fn seal(
    key: &[u8],
    state: State,
    value: &Outgoing,
    tags: &[StoredTag],
) -> Option<Vec<u8>> {
    let records = records(tags)?;
    let Lifetimes { fresh, stale, usable } = value.lifetimes;
    let mut bytes = Vec::with_capacity(PAYLOAD + records.len() + value.payload.len());
    bytes.extend(MAGIC);
    bytes.extend([FORMAT, code(value.codec)]);
    bytes.extend(u16::try_from(records.len()).ok()?.to_be_bytes());
    bytes.extend(state.0);
    for lifetime in [fresh, stale, usable] {
        bytes.extend(lifetime.map_or(FOR_EVER, millis).to_be_bytes());
    }
    bytes.extend(time(value.written));
    bytes.extend(value.spent.micros.to_be_bytes());
    bytes.extend(value.spent.nanos.to_be_bytes());
    bytes.extend(checksum(key, &bytes, &[&records, &value.payload]));
    bytes.extend_from_slice(&records);
    bytes.extend_from_slice(&value.payload);
    Some(bytes)
}

/// Puts another state into what was sealed under `key`.
pub(super) fn name_state(key: &[u8], sealed: &mut [u8], state: State) {
    let Some((header, rest)) = sealed.split_at_mut_checked(CHECKSUM) else { return };
    let Some((sum, rest)) = rest.split_at_mut_checked(PAYLOAD - CHECKSUM) else { return };
    header[STATE..][..state.0.len()].copy_from_slice(&state.0);
    sum.copy_from_slice(&checksum(key, header, &[rest]));
}

/// Returns the records about `tags`, those that there are.
fn records(tags: &[StoredTag]) -> Option<Vec<u8>> {
    let mut records = Vec::new();
    for kind in [TAGS, TAGS_OF_RESULT] {
        let mut content = Vec::new();
        let is_of_result = kind == TAGS_OF_RESULT;
        for tag in tags.iter().filter(|tag| tag.stamp.is_some() == is_of_result) {
            let StoredTag { key, generation, stamp } = tag;
            content.push(u8::try_from(key.name.len()).ok()?);
            content.extend_from_slice(key.name.as_bytes());
            content.extend(key.digest.0);
            content.extend(generation);
            content.extend(stamp.iter().flatten());
        }
        if !content.is_empty() {
            records.push(kind);
            records.extend(u16::try_from(content.len()).ok()?.to_be_bytes());
            records.append(&mut content);
        }
    }
    Some(records)
}

/// Returns the value in the bytes that were read under the text `key`, with the state that it
/// names.
pub(super) fn open(
    key: &[u8],
    bytes: Vec<u8>,
    pttl: Pttl,
) -> Result<(State, Incoming), Corruption> {
    let mut fields = Fields(verify(key, &bytes)?);
    let [code] = fields.take()?;
    let records = usize::from(u16::from_be_bytes(fields.take()?));
    let codec = codec(code).ok_or(Corruption::UnknownCodec)?;
    let state = State(fields.take()?);
    let lifetimes = fields.lifetimes()?;
    let written = UNIX_EPOCH
        .checked_add(Duration::from_millis(fields.number()?))
        .ok_or(Corruption::ImpossibleTime)?;
    let spent = Spent { micros: fields.number()?, nanos: fields.number()? };
    let age = age(lifetimes.usable, pttl)?;
    let start = PAYLOAD + records;
    let records = Fields(bytes.get(PAYLOAD..start).ok_or(Corruption::CutShort)?);
    let tags = records.tags()?;
    let expired = false;
    Ok((state, Incoming { bytes, start, codec, lifetimes, age, written, spent, expired, tags }))
}

/// Returns the header's fields, from the codec on, of bytes that were sealed under `key`.
fn verify<'a>(key: &[u8], bytes: &'a [u8]) -> Result<&'a [u8], Corruption> {
    let [format, ..] = bytes.strip_prefix(&MAGIC).ok_or(Corruption::NotOurs)? else {
        return Err(Corruption::CutShort);
    };
    if *format != FORMAT {
        return Err(Corruption::OtherFormat);
    }
    let (header, payload) = bytes.split_at_checked(PAYLOAD).ok_or(Corruption::CutShort)?;
    let (header, sum) = header.split_at(CHECKSUM);
    if checksum(key, header, &[payload]) != sum {
        return Err(Corruption::Damaged);
    }
    Ok(&header[MAGIC.len() + 1..])
}

/// Returns the checksum. It covers the key's text, too, so that a value which was copied under
/// another key is refused.
fn checksum(key: &[u8], header: &[u8], rest: &[&[u8]]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(header);
    for part in rest {
        hasher.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    first
}

/// Returns the age by Redis' clock, because nodes' clocks differ. The age of a value without an end
/// does not matter.
fn age(usable: Option<Duration>, pttl: Pttl) -> Result<Duration, Corruption> {
    match (usable, pttl) {
        (Some(usable), Pttl::In(left)) => Ok(usable.saturating_sub(left)),
        (None, Pttl::Never) => Ok(Duration::ZERO),
        (Some(_), Pttl::Never) => Err(Corruption::NoExpiry),
        (None, Pttl::In(_)) => Err(Corruption::UnexpectedExpiry),
        (_, Pttl::Gone) => Err(Corruption::Gone),
    }
}

/// Returns the code of a codec. One without a code of its own gets 0, which readers refuse.
fn code(codec: Codec) -> u8 {
    CODECS.into_iter().find_map(|(code, known)| (known == codec).then_some(code)).unwrap_or(0)
}

fn codec(code: u8) -> Option<Codec> {
    CODECS.into_iter().find_map(|(known, codec)| (known == code).then_some(codec))
}

/// Returns the time of a write as a value has it.
pub(super) fn time(written: SystemTime) -> [u8; 8] {
    millis(written.duration_since(UNIX_EPOCH).unwrap_or_default()).to_be_bytes()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The fields of a header that are not read yet.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Reads all records: those about the tags of the value, where it has some.
    fn tags(mut self) -> Result<Vec<StoredTag>, Corruption> {
        let mut tags = Vec::new();
        while !self.0.is_empty() {
            let [kind] = self.take()?;
            if kind != TAGS && kind != TAGS_OF_RESULT {
                return Err(Corruption::UnknownRecord);
            }
            let length = usize::from(u16::from_be_bytes(self.take()?));
            let content = self.part(length)?;
            let mut content = Fields(content);
            while !content.0.is_empty() {
                tags.push(content.tag(kind)?);
            }
        }
        Ok(tags)
    }

    fn tag(&mut self, kind: u8) -> Result<StoredTag, Corruption> {
        let [length] = self.take()?;
        let name = str::from_utf8(self.part(usize::from(length))?);
        let name = name.map_err(|_| Corruption::UnknownRecord)?.to_owned();
        let key = TagKey::of(name, Digest(self.take()?));
        let generation = self.take()?;
        Ok(if kind == TAGS_OF_RESULT {
            StoredTag { key: key.over_result(), generation, stamp: Some(self.take()?) }
        } else {
            StoredTag { key, generation, stamp: None }
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Corruption> {
        let (field, rest) = self.0.split_first_chunk().ok_or(Corruption::CutShort)?;
        self.0 = rest;
        Ok(*field)
    }

    fn part(&mut self, length: usize) -> Result<&'a [u8], Corruption> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(Corruption::CutShort)?;
        self.0 = rest;
        Ok(part)
    }

    fn number(&mut self) -> Result<u64, Corruption> {
        self.take().map(u64::from_be_bytes)
    }

    fn lifetimes(&mut self) -> Result<Lifetimes, Corruption> {
        let [fresh, stale, usable] = [self.number()?, self.number()?, self.number()?];
        if fresh > stale || stale > usable {
            return Err(Corruption::ImpossibleLifetimes);
        }
        let [fresh, stale, usable] =
            [fresh, stale, usable].map(|ms| (ms != FOR_EVER).then(|| Duration::from_millis(ms)));
        Ok(Lifetimes { fresh, stale, usable })
    }
}
