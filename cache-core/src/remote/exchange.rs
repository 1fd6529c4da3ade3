//! The requests that a cache makes of a remote tier, and the replies.

use std::{
    any::Any,
    fmt, iter,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{Pending, Reason, RemoteKey, TagKey};
use crate::{clock::Clock, codec::Codec, ending::Ending, money::Spent, timeline::Lifetimes};

/// The state of a key as a reader saw it: the cache's generation and the key's token. Two equal
/// marks with a token mean that nothing invalidated or replaced the key in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mark {
    /// The random generation of the cache.
    pub generation: Option<[u8; 16]>,
    /// The random token of the key.
    pub token: Option<[u8; 16]>,
    /// Stands for the generations of the tags that the reader named; `None` without tags.
    pub tags: Option<[u8; 16]>,
}

/// The random bytes of one value of a tag. An invalidation replaces all of them, an expiry the
/// second half. An absent one is one that no stored value has.
pub type TagGeneration = [u8; 16];

/// The bytes of a [`TagGeneration`] by which values are invalid. The others tell what has expired.
const HARD: usize = 8;

/// One value of a tag that a stored value has, with its generation from before the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTag {
    /// The value of the tag.
    pub key: TagKey,
    /// Its generation.
    pub generation: TagGeneration,
    /// The stamp of the tag from before the load, where the value says the tag itself.
    pub stamp: Option<TagGeneration>,
}

impl StoredTag {
    /// Tells what has become of values with this tag, where a reader has `seen` its generation;
    /// `None` while it stands.
    pub(crate) fn ending(&self, seen: Option<TagGeneration>) -> Option<Ending> {
        match seen {
            Some(seen) if seen == self.generation => None,
            Some(seen) if seen[..HARD] == self.generation[..HARD] => Some(Ending::Expired),
            _ => Some(Ending::Invalid),
        }
    }
}

/// One value of a tag, with the generation that a read has shown.
#[derive(Clone, Debug)]
pub struct SeenTag {
    /// The value of the tag.
    pub key: TagKey,
    /// Its generation; `None`: the tier asks for it, and makes one where there is none.
    pub generation: Option<TagGeneration>,
}

impl Mark {
    /// Returns the mark with the generations of tags.
    #[must_use]
    pub fn with_tags(self, generations: &[Option<TagGeneration>]) -> Self {
        if generations.is_empty() {
            return self;
        }
        let mut hasher = blake3::Hasher::new();
        for generation in generations {
            // All bits zero are as unlikely as any other bits.
            hasher.update(&generation.unwrap_or_default());
        }
        let mut tags = [0; 16];
        tags.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self { tags: Some(tags), ..self }
    }
}

/// A read of one key, as one of several.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The key.
    pub key: RemoteKey,
    /// The values of tags whose generations the reply has.
    pub tags: Vec<TagKey>,
}

/// The reply to a read.
#[derive(Debug)]
pub struct Seen {
    /// The stored value, if there is one.
    pub stored: StoredValue,
    /// The state of the key beside it.
    pub mark: Mark,
    /// The generations of the tags that were asked for.
    pub tags: Vec<Option<TagGeneration>>,
}

/// The value stored for a key.
#[derive(Debug)]
pub enum StoredValue {
    /// Nothing that may be read.
    Absent,
    /// A value.
    Present(Incoming),
    /// Bytes that cannot be decoded, or that nobody of this program wrote.
    Corrupt,
}

/// A stored value, still encoded.
pub struct Incoming {
    /// Bytes of which [`payload`](Self::payload) is the encoded value.
    pub bytes: Vec<u8>,
    /// The offset at which the encoded value begins.
    pub start: usize,
    /// The codec that wrote it.
    pub codec: Codec,
    /// The lifetimes with which it was written.
    pub lifetimes: Lifetimes,
    /// The time for which it has been stored, by the store's clock.
    pub age: Duration,
    /// The moment of the write, by the writer's clock. For test clocks only: nodes' clocks differ.
    pub written: SystemTime,
    /// The time and the money of its load.
    pub spent: Spent,
    /// `true` where it serves a call only when its load fails: it has expired. Its tags may have
    /// expired besides.
    pub expired: bool,
    /// Its tags. It is valid while each of them has this generation.
    pub tags: Vec<StoredTag>,
}

impl Incoming {
    /// Returns the encoded value.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Returns the time for which it has been stored. A test's clock tells it of its own.
    pub(crate) fn age_by(&self, clock: &Clock) -> Duration {
        if clock.is_system() {
            self.age
        } else {
            clock.date().duration_since(self.written).unwrap_or_default()
        }
    }

    /// Returns a tag of it that was invalidated, by the generations that a reader has `seen`, and
    /// makes it expire if one has.
    pub(crate) fn end_by_tags(&mut self, seen: &[Option<TagGeneration>]) -> Option<&StoredTag> {
        let seen = seen.iter().copied().chain(iter::repeat(None));
        let ending = |(tag, seen): (&StoredTag, _)| tag.ending(seen);
        let endings: Vec<_> = self.tags.iter().zip(seen).map(ending).collect();
        self.expired |= endings.iter().any(Option::is_some);
        let invalid = endings.iter().position(|ending| *ending == Some(Ending::Invalid))?;
        self.tags.get(invalid)
    }
}

/// Never shows the value: it may be private.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("codec", &self.codec)
            .field("lifetimes", &self.lifetimes)
            .field("age", &self.age)
            .finish_non_exhaustive()
    }
}

/// An encoded value to be stored.
pub struct Outgoing {
    /// The encoded value.
    pub payload: Vec<u8>,
    /// The codec that wrote it.
    pub codec: Codec,
    /// The lifetimes of the value.
    pub lifetimes: Lifetimes,
    /// The time of the write by this registry's clock.
    pub written: SystemTime,
    /// The time and the money of its load.
    pub spent: Spent,
    /// The tags that it says itself. It is stored only while none of their stamps has ended since
    /// its load began.
    pub tags: Vec<TagKey>,
}

/// A request for the permit to load a key.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// The cache's generation as a read has shown it; `None`: the tier asks for it.
    pub generation: Option<[u8; 16]>,
    /// The tags of the entry.
    pub tags: Vec<SeenTag>,
    /// The treatment of other processes' loads of the key.
    pub others: OtherLoads,
    /// The treatment of a value that is stored.
    pub stored: IfStored,
    /// The load that a lease would be held for.
    pub holder: Holder,
    /// `true` for a caller who has a value to serve in place of a load: then one that has failed
    /// elsewhere holds the caller off.
    pub has_standby: bool,
}

/// The next load of a key whose last one has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldOff {
    /// The time until then.
    pub left: Duration,
    /// The time between the last two, without its random part. It doubles with each failure.
    pub delay: Duration,
}

/// A load that holds a lease.
#[derive(Clone)]
pub struct Holder(Arc<dyn Fn() -> bool + Send + Sync>);

impl Holder {
    /// Creates a holder whose lease is to be renewed while `keeps_lease`.
    pub fn new(keeps_lease: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(keeps_lease))
    }

    /// Tells whether the lease is to be renewed. Otherwise others need not wait for the load: it is
    /// over, is not polled, or waits for another lease.
    pub fn keeps_lease(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder").field("keeps_lease", &self.keeps_lease()).finish()
    }
}

/// The treatment of other processes' loads of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherLoads {
    /// Only the holder of the key's lease loads; without it the reply is [`LoadReply::Busy`].
    AwaitLease,
    /// Each process loads for itself; the loads share a token, so none drops another's fill.
    LoadBeside,
    /// Fills of loads that began before this one are dropped: for `refresh` and `put`.
    Supersede,
}

/// The treatment of a value that is stored when a permit is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfStored {
    /// The reply is the value.
    ReturnIt,
    /// The reply is the value, unless it is the one that was written then, which the caller has
    /// read.
    ReturnAnother(SystemTime),
    /// The reply is the permit: the caller wants a new value, or cannot use the stored one.
    LoadAnyway,
}

/// The reply to a [`LoadRequest`].
pub enum LoadReply {
    /// The caller loads.
    Granted(RemotePermit),
    /// A value is stored.
    Found(Incoming),
    /// Another process loads. The future is ready when asking again is worth while: the value may
    /// be stored by then, or the other process gone.
    Busy(Pending<'static, ()>),
    /// A load of another process has failed a moment ago.
    HeldOff(HoldOff),
}

/// The remote part of a permit: the token that a fill needs and the lease, where there is one.
/// Dropping it gives the lease back.
pub struct RemotePermit {
    /// The state of the key when the load began.
    pub mark: Mark,
    /// The token and the lease, as the tier that granted them keeps them.
    pub granted: Box<dyn Any + Send + Sync>,
}

/// The relation of a fill to the value that was stored before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillKind {
    /// The load followed a miss: nothing older is held anywhere.
    AfterMiss,
    /// A `put` or a `refresh`: an older value in the store and in other nodes' memory must go,
    /// also when this fill does not arrive.
    Replacing,
}

/// The outcome of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The token stood; the value, if there was one, is stored.
    Stored,
    /// The key was invalidated after the load began, or its token is gone: nothing is stored.
    Fenced,
    /// The store has no space, or may not be written to: nothing is stored.
    Refused(Reason),
}

/// A fill of one key, as one of several.
pub struct FillRequest {
    /// The key.
    pub key: RemoteKey,
    /// The permit of its load.
    pub permit: RemotePermit,
    /// The value; `None` gives the permit back.
    pub value: Option<Outgoing>,
    /// The relation to the value that was stored before.
    pub kind: FillKind,
}
