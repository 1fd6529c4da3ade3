//! All that is said about a product, in one sentence.

use cachery::{cached, caches};

use super::{PRODUCT, TENANT};
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static SUMMARIES: Cache<(String, u64), String> = {
        name: "summaries", ttl: "30m", cost: PRICE,
    };
}

#[cached(cache = SUMMARIES, skip(app), tags(TENANT(tenant), PRODUCT(tenant, product)))]
pub(crate) async fn summarize(app: &App, tenant: &str, product: u64) -> Result<String, Failure> {
    let texts = app.store.of_product(tenant, product)?;
    let first_words = |text: &String| text.split(' ').take(3).collect::<Vec<_>>().join(" ");
    Ok(app.model.ask(|| texts.iter().map(first_words).collect::<Vec<_>>().join("; ")).await?)
}
