//! The subject of a text.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::TENANT;
use crate::{
    app::App,
    model::{ModelError, PRICE},
};

caches! {
    pub(crate) static CATEGORIZATION: Cache<(String, String), Category> = {
        name: "categorization", ttl: "1h", cost: PRICE,
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Category {
    label: String,
}

#[cached(cache = CATEGORIZATION, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn categorize(
    app: &App,
    tenant: &str,
    text: &str,
) -> Result<Category, ModelError> {
    app.model.ask(|| Category { label: label(text).to_owned() }).await
}

fn label(text: &str) -> &'static str {
    match text {
        _ if text.contains("fails") || text.contains("broke") => "fault",
        _ if text.contains("add") || text.contains("would") => "wish",
        _ => "opinion",
    }
}
