//! A stand-in for a paid model of embeddings.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use cachery::WrongLength;

/// The numbers of a vector.
const DIMENSIONS: usize = 26;

/// A vector that stands for a text.
pub(crate) type Embedding = Vec<f32>;

/// A model that counts letters, and keeps its own account of what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Model {
    requests: AtomicUsize,
    texts: AtomicUsize,
}

/// The error of a request.
#[derive(Clone, Debug)]
pub(crate) struct ModelError(String);

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Cachery makes it where the model returns too few vectors, or too many.
impl From<WrongLength> for ModelError {
    fn from(wrong: WrongLength) -> Self {
        Self(wrong.to_string())
    }
}

impl Model {
    /// Returns a vector for each text, after the time that a request takes.
    ///
    /// # Errors
    /// Refuses an empty text, as most providers do.
    pub(crate) async fn embed(&self, texts: &[String]) -> Result<Vec<Embedding>, ModelError> {
        self.requests.fetch_add(1, Relaxed);
        self.texts.fetch_add(texts.len(), Relaxed);
        tokio::time::sleep(Duration::from_millis(60)).await;
        if texts.iter().any(String::is_empty) {
            return Err(ModelError("a text is empty".to_owned()));
        }
        Ok(texts.iter().map(|text| letters(text)).collect())
    }

    /// Returns the number of requests.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    /// Returns the number of texts in them.
    pub(crate) fn texts(&self) -> usize {
        self.texts.load(Relaxed)
    }
}

/// Returns the share of each letter.
fn letters(text: &str) -> Embedding {
    let mut vector = [0.0; DIMENSIONS];
    let letters = text.bytes().filter(u8::is_ascii_alphabetic);
    for letter in letters {
        vector[usize::from(letter.to_ascii_lowercase() - b'a')] += 1.0;
    }
    let sum: f32 = vector.iter().sum();
    vector.iter().map(|count| count / sum.max(1.0)).collect()
}
