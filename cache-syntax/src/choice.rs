//! Settings whose value is one of a few words.

use crate::{excerpt::excerpt, nearest::nearest};

/// A word that its setting does not know, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not a {what}: {way_out}")]
pub struct ChoiceError {
    word: String,
    what: &'static str,
    way_out: String,
}

/// Returns the value of `text` among `choices`, for a setting that is a `what`.
///
/// # Errors
/// Returns the nearest right spelling, or all of them.
///
/// ```
/// use cachery_syntax::choose;
///
/// let sides = [("left", -1), ("right", 1)];
/// assert_eq!(choose("right", "side", &sides), Ok(1));
/// assert_eq!(choose("rihgt", "side", &sides).unwrap_err().to_string(), r#""rihgt" is not a side: did you mean "right"?"#);
/// assert_eq!(choose("up", "side", &sides).unwrap_err().to_string(), r#""up" is not a side: write "left" or "right""#);
/// ```
pub fn choose<T: Copy>(
    text: &str,
    what: &'static str,
    choices: &[(&str, T)],
) -> Result<T, ChoiceError> {
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(*choice);
    }
    let words = || choices.iter().map(|(word, _)| *word);
    let way_out = match nearest(text, words()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write {}", listed(words())),
    };
    Err(ChoiceError { word: first_word(text), what, way_out })
}

/// Cuts `text` where it ends to be a word: the password of a misplaced URL must not reach a log.
fn first_word(text: &str) -> String {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | ' '))
        .unwrap_or(text.len());
    let mut word = excerpt(&text[..end]);
    if end < text.len() && !word.ends_with('…') {
        word.push('…');
    }
    word
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}
