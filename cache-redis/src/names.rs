//! The text of keys in Redis: written here, and read back here from what a server pushes.

#[cfg(test)]
mod tests;

use std::{io::Write as _, sync::Arc};

use blake3::Hash;
use cachery_core::{
    Fingerprint,
    remote::{Digest, RemoteKey},
};

/// How the key of a generation ends.
const GENERATION: &[u8] = b":generation";
/// How a value's key goes on where its token is.
const TOKEN: &[u8] = b":token";

/// Writes the keys of one registry. A clone shares its prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: Arc<str>,
}

/// Why nodes are told of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its value is no longer true.
    Invalidated,
    /// Who waits for its load should look again.
    WakeUp,
}

/// What a pushed key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed<'a> {
    /// A cache was cleared.
    Cleared {
        /// The cache's name.
        name: &'a str,
        /// The node that did it.
        node: u64,
    },
    /// Something happened to one key.
    Changed {
        /// The place of the key.
        fingerprint: Fingerprint,
        /// Which key of the place.
        digest: Digest,
        /// What happened.
        kind: Kind,
        /// The node that did it.
        node: u64,
    },
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// Where the value of `key` is.
    pub(crate) fn value(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b"")
    }

    /// Where the token is, without which nothing is filled.
    pub(crate) fn token(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, TOKEN)
    }

    /// Where the right to load is held.
    pub(crate) fn lease(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b":lease")
    }

    /// Where it is noted that somebody waits for the load.
    pub(crate) fn waiters(&self, key: &RemoteKey) -> Vec<u8> {
        self.beside(key, b":waiters")
    }

    /// Where the generation of the cache called `name` is.
    pub(crate) fn generation(&self, name: &str) -> Vec<u8> {
        [self.prefix.as_bytes(), b":", name.as_bytes(), GENERATION].concat()
    }

    /// What a look at `key` asks for.
    pub(crate) fn looked_for(&self, key: &RemoteKey) -> LookedFor {
        let of_generation = [self.prefix.as_bytes(), b":", key.place.name.as_bytes(), GENERATION];
        let room = TOKEN.len() + of_generation.iter().map(|part| part.len()).sum::<usize>();
        let mut text = self.text(":", key, room);
        let value = text.len();
        text.extend_from_slice(TOKEN);
        let token = text.len();
        for part in of_generation {
            text.extend_from_slice(part);
        }
        LookedFor { text, value, token }
    }

    /// The marker by whose writing all nodes hear that the cache called `name` was cleared; in the slot of its generation.
    pub(crate) fn cleared(&self, name: &str, node: u64) -> Vec<u8> {
        let prefix = &self.prefix;
        format!("{prefix}:!{{{prefix}:{name}:generation}}:c:{node:016x}").into_bytes()
    }

    /// The marker by whose writing all nodes hear of `key`.
    pub(crate) fn changed(&self, key: &RemoteKey, kind: Kind, node: u64) -> Vec<u8> {
        let mut text = self.text(":!", key, ":k:0123456789abcdef".len());
        write!(text, ":{}:{node:016x}", kind.letter()).expect("a Vec takes every write");
        text
    }

    /// What all pushed keys begin with, and no others do: a name holds no `!`.
    pub(crate) fn watched(&self) -> Vec<u8> {
        [self.prefix.as_bytes(), b":!"].concat()
    }

    /// Reads a key that a server pushed. `None`: it is none of ours.
    pub(crate) fn parse<'a>(&self, pushed: &'a [u8]) -> Option<Pushed<'a>> {
        let text = pushed.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b":!")?;
        let text = str::from_utf8(text).ok()?;
        match text.strip_prefix('{') {
            Some(generation) => self.parse_cleared(generation),
            None => parse_changed(text),
        }
    }

    fn parse_cleared<'a>(&self, text: &'a str) -> Option<Pushed<'a>> {
        let name = text.strip_prefix(&*self.prefix)?.strip_prefix(':')?;
        let (name, node) = name.split_once(":generation}:c:")?;
        Some(Pushed::Cleared { name, node: parse_node(node)? })
    }

    fn beside(&self, key: &RemoteKey, suffix: &[u8]) -> Vec<u8> {
        let mut text = self.text(":", key, suffix.len());
        text.extend_from_slice(suffix);
        text
    }

    /// The text of `key` after `mark`, with room for a suffix, so that a key costs one allocation.
    fn text(&self, mark: &str, key: &RemoteKey, room: usize) -> Vec<u8> {
        let name = key.place.name;
        let length = self.prefix.len() + mark.len() + name.len() + ":0123456789abcdef:{}".len() + 64;
        let mut text = Vec::with_capacity(length + room);
        for part in [&self.prefix, mark, name, ":"] {
            text.extend_from_slice(part.as_bytes());
        }
        text.extend_from_slice(&key.place.fingerprint.digits());
        text.extend_from_slice(b":{");
        text.extend_from_slice(Hash::from_bytes(key.digest.0).to_hex().as_bytes());
        text.push(b'}');
        text
    }
}

/// The keys of a look, in one allocation: a hit pays for them.
pub(crate) struct LookedFor {
    /// The token's key, which begins with the value's, and then the generation's.
    text: Vec<u8>,
    /// Where the value's key ends.
    value: usize,
    /// Where the token's key ends.
    token: usize,
}

impl LookedFor {
    pub(crate) fn value(&self) -> &[u8] {
        &self.text[..self.value]
    }

    pub(crate) fn token(&self) -> &[u8] {
        &self.text[..self.token]
    }

    pub(crate) fn generation(&self) -> &[u8] {
        &self.text[self.token..]
    }
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Self::Invalidated => 'i',
            Self::WakeUp => 'w',
        }
    }

    fn of(letter: &str) -> Option<Self> {
        match letter {
            "i" => Some(Self::Invalidated),
            "w" => Some(Self::WakeUp),
            _ => None,
        }
    }
}

fn parse_changed(text: &str) -> Option<Pushed<'_>> {
    let mut parts = text.split(':').skip(1);
    let changed = Pushed::Changed {
        fingerprint: parts.next()?.parse().ok()?,
        digest: parse_digest(parts.next()?)?,
        kind: Kind::of(parts.next()?)?,
        node: parse_node(parts.next()?)?,
    };
    parts.next().is_none().then_some(changed)
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
