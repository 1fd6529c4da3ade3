//! A small sentiment scorer: weighted words, which a negation inverts and the word before makes
//! stronger or weaker.

use cachery::cached;
use serde::{Deserialize, Serialize};

/// The sentiment of a text. It can be serialised, so that a cache may keep it outside of this
/// process.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sentiment {
    pub(crate) label: String,
    /// From -1, awful, to 1, wonderful; 0 is neutral.
    pub(crate) score: f64,
}

impl Sentiment {
    pub(crate) fn of(text: &str) -> Self {
        let score = score(text);
        let label = match score {
            _ if score > 0.1 => "positive",
            _ if score < -0.1 => "negative",
            _ => "neutral",
        };
        Self { label: label.to_owned(), score }
    }
}

/// Words and their weights.
const LEXICON: &[(f64, &[&str])] = &[
    (3.0, &["amazing", "best", "brilliant", "excellent", "love", "loves", "perfect", "wonderful"]),
    (
        2.0,
        &["beautiful", "better", "delighted", "great", "happy", "lovely", "recommend", "reliable"],
    ),
    (
        1.0,
        &[
            "clear",
            "comfortable",
            "easy",
            "fast",
            "fine",
            "friendly",
            "good",
            "nicely",
            "quiet",
            "sharp",
            "smooth",
        ],
    ),
    (1.0, &["solid", "sturdy", "useful", "warm", "well", "worth"]),
    (
        -1.0,
        &[
            "annoying",
            "boring",
            "confusing",
            "dull",
            "expensive",
            "late",
            "loose",
            "noisy",
            "problems",
            "slow",
        ],
    ),
    (-1.0, &["stuck", "thin", "weak", "wrong"]),
    (
        -2.0,
        &[
            "bad",
            "broke",
            "broken",
            "damaged",
            "dangerous",
            "disappointed",
            "disappointing",
            "failed",
            "poor",
        ],
    ),
    (-3.0, &["awful", "hate", "horrible", "mess", "terrible", "useless", "worst"]),
];

const NEGATIONS: &[&str] = &["hardly", "never", "no", "not", "without"];
const STRONGER: &[&str] = &["absolutely", "extremely", "really", "so", "too", "very"];
const WEAKER: &[&str] = &["bit", "little", "slightly", "somewhat"];

/// Number of words that a negation inverts.
const REACH: usize = 3;

/// Returns the score of a text. It is not async, and cached by the same attribute; the table calls
/// it again for the lines that it shows.
#[cached(name = "score", ttl = "forever", capacity = 100_000)]
fn score(text: &str) -> f64 {
    let (mut sum, mut strength, mut negated) = (0.0, 1.0, 0);
    for word in text
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
    {
        let word = word.to_lowercase();
        if NEGATIONS.contains(&&*word) || word.ends_with("n't") || word.ends_with("n’t") {
            negated = REACH;
            continue;
        }
        if let Some(weight) = weight(&word) {
            // "not great" is less bad than "bad".
            sum += weight * strength * if negated > 0 { -0.5 } else { 1.0 };
        }
        strength = strength_after(&word);
        negated = negated.saturating_sub(1);
    }
    // Limited to the range from -1 to 1.
    sum / (f64::abs(sum) + 3.0)
}

fn weight(word: &str) -> Option<f64> {
    LEXICON.iter().find(|(_, words)| words.contains(&word)).map(|(weight, _)| *weight)
}

fn strength_after(word: &str) -> f64 {
    match word {
        _ if STRONGER.contains(&word) => 1.5,
        _ if WEAKER.contains(&word) => 0.5,
        _ => 1.0,
    }
}
