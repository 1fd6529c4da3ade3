//! The text with which all keys begin in Redis, where no source sets it.

/// The prefix without a profile.
pub(super) const DEFAULT: &str = "cachery";

/// The most characters of a prefix.
pub(super) const LONGEST: usize = 64;

/// Tells whether a prefix can have the character.
pub(super) fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')
}

/// Returns the prefix under `profile`, so that two profiles on one Redis share no key. A character
/// that a prefix cannot have becomes `-`.
pub(super) fn of_profile(profile: &str) -> String {
    let name = profile.chars().map(|c| if is_allowed(c) { c } else { '-' });
    let mut prefix = format!("{DEFAULT}.");
    let room = LONGEST - prefix.len();
    prefix.extend(name.take(room));
    prefix
}
