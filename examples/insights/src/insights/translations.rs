//! A text in another language.

use cachery::{cached, caches};

use super::TENANT;
use crate::{
    app::App,
    model::{ModelError, PRICE},
};

caches! {
    pub(crate) static TRANSLATIONS: Cache<(String, String, String), String> = {
        name: "translations", ttl: "24h", cost: PRICE,
    };
}

#[cached(cache = TRANSLATIONS, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn translate(
    app: &App,
    tenant: &str,
    text: &str,
    language: &str,
) -> Result<String, ModelError> {
    app.model.ask(|| format!("[{language}] {text}")).await
}
