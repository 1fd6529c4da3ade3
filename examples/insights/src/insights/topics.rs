//! The words that matter to the customers of a product.

use std::collections::BTreeSet;

use cachery::{cached, caches};

use super::{PRODUCT, TENANT};
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static TOPICS: Cache<(String, u64), BTreeSet<String>> = {
        name: "topics", ttl: "10m", cost: PRICE,
    };
}

#[cached(cache = TOPICS, skip(app), tags(TENANT(tenant), PRODUCT(tenant, product)))]
pub(crate) async fn find_topics(
    app: &App,
    tenant: &str,
    product: u64,
) -> Result<BTreeSet<String>, Failure> {
    let texts = app.store.of_product(tenant, product)?;
    let words = texts.iter().flat_map(|text| text.split(' '));
    let long = words.filter(|word| word.len() > 7).map(str::to_lowercase);
    Ok(app.model.ask(|| long.collect()).await?)
}
