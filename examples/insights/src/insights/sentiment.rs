//! The feeling in a text.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::TENANT;
use crate::{
    app::App,
    model::{ModelError, PRICE},
};

caches! {
    pub(crate) static SENTIMENT: Cache<(String, String), Sentiment> = {
        name: "sentiment", ttl: "1h", cost: PRICE,
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sentiment {
    /// From -1, awful, to 1, wonderful.
    pub(crate) score: f64,
}

#[cached(cache = SENTIMENT, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn analyze(app: &App, tenant: &str, text: &str) -> Result<Sentiment, ModelError> {
    app.model.ask(|| Sentiment { score: score(text) }).await
}

fn score(text: &str) -> f64 {
    match text {
        _ if ["love", "great", "easy"].iter().any(|word| text.contains(word)) => 0.8,
        _ if ["fails", "broke", "wrong"].iter().any(|word| text.contains(word)) => -0.7,
        _ => 0.0,
    }
}
