//! Names of caches, and the variables that set their fields.

use crate::field::Global;

/// The longest name, in bytes. Names are part of every Redis key and metric label.
pub const MAX_NAME_BYTES: usize = 64;

/// The word that stands for all caches in a variable, `CACHE_DEFAULT_<FIELD>`.
const FOR_ALL: &str = "DEFAULT";

/// The mistake in a cache's name, and the rule for names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It is empty.
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
        /// The place of that character, counted from 1.
        place: usize,
    },
    /// It is longer than [`MAX_NAME_BYTES`].
    #[error("the name is {length} characters long: use at most {MAX_NAME_BYTES}")]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
    /// One of its variables could be read as one of the whole program.
    #[error(
        "the name `{name}` is reserved: its variables, `CACHE_{stem}_…`, could be read as `{global}`, which \
         is for the whole program; put another word first, as in `my-{name}`"
    )]
    Reserved {
        /// The name.
        name: String,
        /// The name as it stands in a variable.
        stem: String,
        /// The variable of the program that one of its variables could be read as.
        global: &'static str,
    },
}

/// Checks a cache's name.
///
/// A name is an ASCII letter, then letters, digits, `_`, `-` and `.`, at most [`MAX_NAME_BYTES`].
/// It is reserved if one of its variables could be read as one of the whole program, now or in a
/// later version: `redis` (`CACHE_REDIS_URL`), `max-bytes` (`CACHE_MAX_BYTES`), and all that begin
/// with `default-` (`CACHE_DEFAULT_<FIELD>`).
///
/// # Errors
/// Returns the rule that is broken, with its place and the way out.
///
/// ```
/// use cachery_syntax::check_name;
///
/// assert!(check_name("user-orders").is_ok());
/// assert!(check_name("redis").unwrap_err().to_string().contains("CACHE_REDIS_URL"));
/// ```
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

/// Returns a name as it stands in variables: `user-orders` is `USER_ORDERS`.
///
/// ```
/// assert_eq!(cachery_syntax::variable_stem("user-orders.v2"), "USER_ORDERS_V2");
/// ```
pub fn variable_stem(name: &str) -> String {
    name.chars()
        .map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() })
        .collect()
}

/// Returns the variable that sets `field` of the cache `name`.
///
/// ```
/// assert_eq!(cachery_syntax::variable_of("user-orders", "ttl"), "CACHE_USER_ORDERS_TTL");
/// ```
pub fn variable_of(name: &str, field: &str) -> String {
    format!("CACHE_{}_{}", variable_stem(name), field.to_ascii_uppercase())
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn refuse_reserved(name: &str) -> Result<(), NameError> {
    let stem = variable_stem(name);
    match global_like(&stem) {
        Some(global) => Err(NameError::Reserved { name: name.into(), global, stem }),
        None => Ok(()),
    }
}

/// Returns a variable of the program that begins as those of a cache with this `stem` do.
fn global_like(stem: &str) -> Option<&'static str> {
    // A field may have several words: `CACHE_DEFAULT_NONE_TTL` would be the ttl of a cache
    // `default-none`.
    if stem == FOR_ALL || stem.starts_with("DEFAULT_") {
        return Some("CACHE_DEFAULT_<FIELD>");
    }
    let begins = |global: &Global| {
        global
            .stem()
            .strip_prefix(stem)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    Global::ALL.iter().find(|global| begins(global)).map(|global| global.variable)
}
