//! Settings that are one word of a few.

use crate::{excerpt::excerpt, nearest::nearest};

/// What is written is none of the words that its setting can be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is no {what}: {way_out}")]
pub struct ChoiceError {
    word: String,
    what: &'static str,
    way_out: String,
}

/// What `text` stands for among `choices`, for a setting that is a `what`.
///
/// # Errors
/// Names the nearest right spelling, or all of them.
///
/// ```
/// use cachery_syntax::choose;
///
/// let sides = [("left", -1), ("right", 1)];
/// assert_eq!(choose("right", "side", &sides), Ok(1));
/// assert_eq!(choose("rihgt", "side", &sides).unwrap_err().to_string(), r#""rihgt" is no side: did you mean "right"?"#);
/// assert_eq!(choose("up", "side", &sides).unwrap_err().to_string(), r#""up" is no side: write "left" or "right""#);
/// ```
pub fn choose<T: Copy>(text: &str, what: &'static str, choices: &[(&str, T)]) -> Result<T, ChoiceError> {
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

/// Only as far as it can be a word: who puts a URL here should not find its password in a log.
fn first_word(text: &str) -> String {
    let end =
        text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | ' ')).unwrap_or(text.len());
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
