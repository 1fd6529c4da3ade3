//! The nearest spelling of a misspelt word.

use strsim::damerau_levenshtein;

/// More edits than this make another word, not a slip.
const MAX_EDITS: usize = 2;

/// An abbreviation shorter than this could mean anything.
const MIN_ABBREVIATION: usize = 3;

/// Returns the word of `among` that `word` was probably meant to be, for a "did you mean".
///
/// It is at most two slips away (a letter added, left out, wrong, or two swapped) and they are less
/// than half of the longer word; case does not count. Failing that, it is the only one that `word`
/// abbreviates.
///
/// ```
/// use cachery_syntax::nearest;
///
/// let known = ["name", "ttl", "capacity"];
/// assert_eq!(nearest("tll", known), Some("ttl"));
/// assert_eq!(nearest("cap", known), Some("capacity"));
/// assert_eq!(nearest("timeout", known), None);
/// assert_eq!(nearest("prod", ["production", "staging", "production"]), Some("production"));
/// ```
pub fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&'a str> = among.into_iter().collect();
    misspelt(word, known.iter().copied())
        .or_else(|| abbreviated(&word.to_ascii_lowercase(), &known))
}

/// Returns the word of `among` that `word` is with at most two slips. Unlike [`nearest`] it finds
/// no abbreviations.
///
/// ```
/// use cachery_syntax::misspelt;
///
/// let known = ["CACHE_USERS_TTL", "CACHE_KEY_SECRET"];
/// assert_eq!(misspelt("CACHE_USRES_TTL", known), Some("CACHE_USERS_TTL"));
/// assert_eq!(misspelt("CACHE_KEY", known), None);
/// ```
pub fn misspelt<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let slips = among.into_iter().filter_map(|known| Some((slips(&word, known)?, known)));
    slips.min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
}

fn slips(word: &str, known: &str) -> Option<usize> {
    let (shorter, longer) = in_order(word.chars().count(), known.chars().count());
    // Comparing costs the product of both lengths: not for what cannot be near.
    if longer - shorter > MAX_EDITS {
        return None;
    }
    let edits = damerau_levenshtein(word, &known.to_ascii_lowercase());
    (edits <= MAX_EDITS && edits * 2 < longer).then_some(edits)
}

fn in_order(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

fn abbreviated<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let is_meant = |known: &&&str| known.to_ascii_lowercase().starts_with(word);
    let only = *known.iter().find(is_meant)?;
    // One word may be known from two places.
    let is_only = known.iter().filter(is_meant).all(|known| *known == only);
    (is_only && word.len() >= MIN_ABBREVIATION).then_some(only)
}
