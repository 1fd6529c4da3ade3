//! The subjects of a text. The release before knew one of each.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::TENANT;
use crate::{
    app::App,
    model::{ModelError, PRICE},
};

caches! {
    pub(crate) static CATEGORIZATION: Cache<(String, String), Categories> = {
        name: "categorization", ttl: "1h", cost: PRICE,
    };
}

/// The labels of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Categories {
    labels: Vec<String>,
}

#[cached(cache = CATEGORIZATION, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn categorize(
    app: &App,
    tenant: &str,
    text: &str,
) -> Result<Categories, ModelError> {
    app.model.ask(|| Categories { labels: labels(text) }).await
}

fn labels(text: &str) -> Vec<String> {
    let known = [("fails", "fault"), ("broke", "fault"), ("add", "wish"), ("would", "wish")];
    let meant = known.into_iter().filter(|(word, _)| text.contains(word));
    meant.map(|(_, label)| label.to_owned()).collect()
}
