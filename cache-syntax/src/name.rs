//! Names of caches, and the environment variables that they become.

/// The longest name, in bytes. Names are part of every Redis key and metric label.
pub const MAX_NAME_BYTES: usize = 64;

/// The stems whose `CACHE_<STEM>_…` variables could be read as a global one, with that global.
const RESERVED: [(&str, &str); 14] = [
    ("CONFIG", "CACHE_CONFIG"),
    ("DEFAULT", "CACHE_DEFAULT_<FIELD>"),
    ("ENABLED", "CACHE_ENABLED"),
    ("ENV", "CACHE_ENV"),
    ("EXTERNAL", "CACHE_EXTERNAL"),
    ("FALLBACK", "CACHE_FALLBACK"),
    ("KEY", "CACHE_KEY_SECRET"),
    ("OUTAGE", "CACHE_OUTAGE_TTL"),
    ("PREFIX", "CACHE_PREFIX"),
    ("REDIS", "CACHE_REDIS_URL"),
    ("REMOTE", "CACHE_REMOTE_DEADLINE"),
    ("REQUIRED", "CACHE_REQUIRED"),
    ("STRICT", "CACHE_STRICT"),
    ("TYPE", "CACHE_TYPE"),
];

/// What is wrong with a cache's name, and what a name may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is no name.
    #[error("the name is empty: say what is cached, as in `user-orders`")]
    Empty,
    /// It does not start with a letter.
    #[error("the name {name:?} starts with `{}`: start with a letter from a to z or A to Z", found.escape_debug())]
    BadStart {
        /// The name.
        name: String,
        /// Its first character.
        found: char,
    },
    /// It has a character that is not allowed.
    #[error(
        "the name {name:?} has `{}` as its character {place}: use letters from a to z or A to Z, digits, `_`, `-` and `.`",
        found.escape_debug()
    )]
    BadCharacter {
        /// The name.
        name: String,
        /// The first character that is not allowed.
        found: char,
        /// Which character that is, counted from 1.
        place: usize,
    },
    /// It is longer than [`MAX_NAME_BYTES`].
    #[error("the name is {length} characters long: use at most {MAX_NAME_BYTES}")]
    TooLong {
        /// How long it is.
        length: usize,
    },
    /// One of its variables could be read as a global one.
    #[error(
        "the name `{name}` is reserved: its variables, `CACHE_{stem}_…`, could be read as the global `{global}`; put another word first, as in `my-{name}`"
    )]
    Reserved {
        /// The name.
        name: String,
        /// How it stands in a variable.
        stem: String,
        /// The global variable that it collides with.
        global: &'static str,
    },
}

/// Checks a cache's name: an ASCII letter, then letters, digits, `_`, `-` and `.`, at most
/// [`MAX_NAME_BYTES`]; and not reserved, which a name is when its environment variables could be read as
/// global ones, such as `redis` (`CACHE_REDIS_URL`) or all that start with `default-`
/// (`CACHE_DEFAULT_<FIELD>`).
///
/// # Errors
/// Says which rule is broken, where, and what to write.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let first = name.chars().next().ok_or(NameError::Empty)?;
    if !first.is_ascii_alphabetic() {
        return Err(NameError::BadStart { name: name.into(), found: first });
    }
    if let Some((index, found)) = name.chars().enumerate().find(|(_, c)| !is_allowed(*c)) {
        return Err(NameError::BadCharacter { name: name.into(), found, place: index + 1 });
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong { length: name.len() });
    }
    refuse_reserved(name)
}

/// How a name stands in environment variables: `user-orders` is `USER_ORDERS`, as in
/// `CACHE_USER_ORDERS_TTL`.
pub fn variable_stem(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() }).collect()
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn refuse_reserved(name: &str) -> Result<(), NameError> {
    let stem = variable_stem(name);
    // A field may have several words: `CACHE_DEFAULT_NONE_TTL` would be the ttl of a cache `default-none`.
    let reserved = if stem.starts_with("DEFAULT_") { "DEFAULT" } else { &stem };
    match RESERVED.iter().find(|(taken, _)| *taken == reserved) {
        Some((_, global)) => Err(NameError::Reserved { name: name.into(), global, stem }),
        None => Ok(()),
    }
}
