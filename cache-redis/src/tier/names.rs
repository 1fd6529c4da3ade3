//! The text of keys in Redis: written here, and read back here when a server pushes it.

#[cfg(test)]
mod tests;

use std::{io::Write as _, sync::Arc};

use blake3::Hash;
use cachery_core::{
    Ending, Identity, Window,
    remote::{Digest, Place, RemoteKey, TagKey, TagKind},
};

/// The end of a generation's key.
const GENERATION: &[u8] = b":generation";
/// The end of a token's key.
const TOKEN: &[u8] = b":token";

/// The number of digits of an identity or a fingerprint.
const DIGITS: usize = 16;
/// The length of the text after them: `:{`, the digest's digits and `}`.
const AFTER_DIGITS: usize = ":{}".len() + 64;

/// The place of the marker of a change in what [`Names::all_of`] returns.
pub(super) const MARKER: usize = 4;

/// Writes the keys of one registry. A clone shares its prefix.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: Arc<str>,
}

/// The event of which nodes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The value has ended.
    Ended(Ending),
    /// Callers who wait for the load should ask again.
    WakeUp,
}

/// The meaning of a pushed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed<'a> {
    /// All values of a cache have ended.
    Cache {
        /// The cache's name.
        name: &'a str,
        /// The end that they came to.
        ending: Ending,
        /// The node that did it.
        node: u64,
    },
    /// The value of one key has ended, or its waiters should ask again.
    Changed {
        /// The identity of the key's cache.
        identity: Identity,
        /// The digest of the key.
        digest: Digest,
        /// The event.
        change: Change,
        /// The node that did it.
        node: u64,
    },
    /// The entries with one value of a tag have ended.
    Tag {
        /// The tag's name.
        name: &'a str,
        /// The digest of the value.
        digest: Digest,
        /// The end that they came to.
        ending: Ending,
        /// The node that did it.
        node: u64,
    },
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// Returns the key of the value of `key`.
    pub(super) fn value(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b"")
    }

    /// Returns the key of the token, without which nothing is filled and no value is read. All
    /// releases of the program share it.
    pub(super) fn token(&self, key: &RemoteKey) -> Vec<u8> {
        let mut text = self.text(":", key, key.place.identity.digits(), TOKEN.len());
        text.extend_from_slice(TOKEN);
        text
    }

    /// Returns the key of the lease.
    pub(super) fn lease(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b":lease")
    }

    /// Returns the key that exists while any node of this release waits for the load.
    pub(super) fn waiters(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b":waiters")
    }

    /// Returns a key with its companions and the markers of `node`, as scripts take them that end
    /// its value.
    pub(super) fn all_of(&self, key: &RemoteKey, ending: Ending, node: u64) -> [Vec<u8>; 6] {
        [
            self.value(key),
            self.token(key),
            self.lease(key),
            self.waiters(key),
            self.changed(key, Change::Ended(ending), node),
            self.changed(key, Change::WakeUp, node),
        ]
    }

    /// Returns the key of the generation of the cache called `name`.
    pub(super) fn generation(&self, name: &str) -> Vec<u8> {
        [self.prefix.as_bytes(), b":", name.as_bytes(), GENERATION].concat()
    }

    /// Returns the key of the budget of a cache. All releases of the program share it.
    pub(super) fn budget(&self, place: &Place, window: Window) -> Vec<u8> {
        let identity = place.identity.digits();
        let identity = String::from_utf8_lossy(&identity);
        format!("{}:{}:{identity}:budget:{window}", self.prefix, place.name).into_bytes()
    }

    /// Returns the keys that a read of `key` asks for.
    pub(super) fn read_keys(&self, key: &RemoteKey) -> ReadKeys {
        let of_generation = [self.prefix.as_bytes(), b":", key.place.name.as_bytes(), GENERATION];
        let room = TOKEN.len() + of_generation.iter().map(|part| part.len()).sum::<usize>();
        let one = self.length(":", key);
        let mut text = self.text(":", key, key.place.fingerprint.digits(), one + room);
        // The token's key is the value's with the identity for the fingerprint.
        text.extend_from_within(..);
        let digits = one + one - AFTER_DIGITS - DIGITS;
        text[digits..][..DIGITS].copy_from_slice(&key.place.identity.digits());
        text.extend_from_slice(TOKEN);
        let token = text.len();
        for part in of_generation {
            text.extend_from_slice(part);
        }
        ReadKeys { text, value: one, token }
    }

    /// Returns the marker that tells all nodes of the end of all values of the cache called `name`.
    /// It is in the slot of the cache's generation.
    pub(super) fn cache_ended(&self, name: &str, ending: Ending, node: u64) -> Vec<u8> {
        let prefix = &self.prefix;
        let letter = match ending {
            Ending::Invalid => 'c',
            Ending::Expired => 'e',
        };
        format!("{prefix}:!{{{prefix}:{name}:generation}}:{letter}:{node:016x}").into_bytes()
    }

    /// Returns the marker that tells all nodes of an event of `key`.
    pub(super) fn changed(&self, key: &RemoteKey, change: Change, node: u64) -> Vec<u8> {
        let room = ":k:0123456789abcdef".len();
        let mut text = self.text(":!", key, key.place.identity.digits(), room);
        write!(text, ":{}:{node:016x}", change.letter()).expect("a Vec takes every write");
        text
    }

    /// Returns the key of the generation of one value of a tag, or of a stamp. A name of a cache holds
    /// no `#`.
    pub(super) fn tag(&self, tag: &TagKey) -> Vec<u8> {
        let (prefix, name) = (&self.prefix, &tag.name);
        match tag.kind {
            TagKind::Parameter => {
                let mut text = self.tag_text(":", tag, GENERATION.len());
                text.extend_from_slice(GENERATION);
                text
            }
            TagKind::Stamp => format!("{prefix}:#{name}:stamp").into_bytes(),
            // In the slot of the stamp.
            TagKind::Result => {
                let digest = Hash::from_bytes(tag.digest.0).to_hex();
                format!("{prefix}:#{name}:{{{prefix}:#{name}:stamp}}:{digest}").into_bytes()
            }
        }
    }

    /// Returns the marker that tells all nodes of the end of what has one value of a tag. It is in
    /// the slot of the value's generation.
    pub(super) fn tag_ended(&self, tag: &TagKey, ending: Ending, node: u64) -> Vec<u8> {
        let mut text = self.tag_text(":!", tag, ":k:0123456789abcdef".len());
        let letter = Change::Ended(ending).letter();
        write!(text, ":{letter}:{node:016x}").expect("a Vec takes every write");
        text
    }

    fn tag_text(&self, mark: &str, tag: &TagKey, room: usize) -> Vec<u8> {
        let digest = Hash::from_bytes(tag.digest.0).to_hex();
        let parts = [&*self.prefix, mark, "#", &tag.name, ":{", &digest, "}"];
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut text = Vec::with_capacity(length + room);
        for part in parts {
            text.extend_from_slice(part.as_bytes());
        }
        text
    }

    /// Returns the key of the feed of changes, which is the name of its channel, too.
    pub(super) fn feed(&self) -> Vec<u8> {
        [self.prefix.as_bytes(), b":#changes"].concat()
    }

    /// Returns the channel of the pulses of `node`.
    pub(super) fn pulses(&self, node: u64) -> Vec<u8> {
        format!("{}:#changes:{node:016x}", self.prefix).into_bytes()
    }

    /// Returns the prefix of all markers. No other key has it, because a name holds no `!`.
    pub(super) fn watched(&self) -> Vec<u8> {
        [self.prefix.as_bytes(), b":!"].concat()
    }

    /// Reads a key that a server pushed. `None` when it is not one of ours.
    pub(super) fn parse<'a>(&self, pushed: &'a [u8]) -> Option<Pushed<'a>> {
        let text = pushed.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b":!")?;
        let text = str::from_utf8(text).ok()?;
        match (text.strip_prefix('{'), text.strip_prefix('#')) {
            (Some(generation), _) => self.parse_cache(generation),
            (_, Some(tag)) => parse_tag(tag),
            _ => parse_changed(text),
        }
    }

    fn parse_cache<'a>(&self, text: &'a str) -> Option<Pushed<'a>> {
        let name = text.strip_prefix(&*self.prefix)?.strip_prefix(':')?;
        let (name, change) = name.split_once(":generation}:")?;
        let (letter, node) = change.split_once(':')?;
        let ending = match letter {
            "c" => Ending::Invalid,
            "e" => Ending::Expired,
            _ => return None,
        };
        Some(Pushed::Cache { name, ending, node: parse_node(node)? })
    }

    fn beside(&self, key: &RemoteKey, suffix: &[u8]) -> Vec<u8> {
        let mut text = self.text(":", key, key.place.fingerprint.digits(), suffix.len());
        text.extend_from_slice(suffix);
        text
    }

    /// Returns the text of `key` after `mark`, with the `digits` of its fingerprint or identity and
    /// with room for a suffix, so that a key costs one allocation.
    fn text(&self, mark: &str, key: &RemoteKey, digits: [u8; DIGITS], room: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.length(mark, key) + room);
        for part in [&self.prefix, mark, key.place.name, ":"] {
            text.extend_from_slice(part.as_bytes());
        }
        text.extend_from_slice(&digits);
        text.extend_from_slice(b":{");
        let mut digest = [0; 64];
        let written = const_hex::encode_to_slice(key.digest.0, &mut digest);
        written.expect("two digits for each byte");
        text.extend_from_slice(&digest);
        text.push(b'}');
        text
    }

    /// Returns the length of the text of `key` after `mark`.
    fn length(&self, mark: &str, key: &RemoteKey) -> usize {
        self.prefix.len() + mark.len() + key.place.name.len() + 1 + DIGITS + AFTER_DIGITS
    }
}

/// The keys of a read, in one allocation, because a hit pays for them.
pub(super) struct ReadKeys {
    /// The value's key, the token's and the generation's.
    text: Vec<u8>,
    /// The end of the value's key.
    value: usize,
    /// The end of the token's key.
    token: usize,
}

impl ReadKeys {
    pub(super) fn value(&self) -> &[u8] {
        &self.text[..self.value]
    }

    pub(super) fn token(&self) -> &[u8] {
        &self.text[self.value..self.token]
    }

    pub(super) fn generation(&self) -> &[u8] {
        &self.text[self.token..]
    }
}

impl Change {
    fn letter(self) -> char {
        match self {
            Self::Ended(Ending::Invalid) => 'i',
            Self::Ended(Ending::Expired) => 'e',
            Self::WakeUp => 'w',
        }
    }

    fn of(letter: &str) -> Option<Self> {
        match letter {
            "i" => Some(Self::Ended(Ending::Invalid)),
            "e" => Some(Self::Ended(Ending::Expired)),
            "w" => Some(Self::WakeUp),
            _ => None,
        }
    }
}

fn parse_changed(text: &str) -> Option<Pushed<'_>> {
    let mut parts = text.split(':').skip(1);
    let changed = Pushed::Changed {
        identity: parts.next()?.parse().ok()?,
        digest: parse_digest(parts.next()?)?,
        change: Change::of(parts.next()?)?,
        node: parse_node(parts.next()?)?,
    };
    parts.next().is_none().then_some(changed)
}

fn parse_tag(text: &str) -> Option<Pushed<'_>> {
    let mut parts = text.split(':');
    let name = parts.next()?;
    let digest = parse_digest(parts.next()?)?;
    let Change::Ended(ending) = Change::of(parts.next()?)? else { return None };
    let node = parse_node(parts.next()?)?;
    parts.next().is_none().then_some(Pushed::Tag { name, digest, ending, node })
}

fn parse_digest(text: &str) -> Option<Digest> {
    let digits = text.strip_prefix('{')?.strip_suffix('}')?;
    Hash::from_hex(digits).ok().map(|hash| Digest(hash.into()))
}

fn parse_node(text: &str) -> Option<u64> {
    // `from_str_radix` would take a sign.
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}
