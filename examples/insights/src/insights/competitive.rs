//! The place of a product among its competitors.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::TENANT;
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static COMPETITIVE: Cache<(String, u64), Position> = {
        name: "competitive", ttl: "4h", cost: PRICE, budget: "1000/day",
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The texts that name a competitor.
    mentions: usize,
}

/// A change of a text lets it expire, and does not end it: it has no `PRODUCT`.
#[cached(cache = COMPETITIVE, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn compare(app: &App, tenant: &str, product: u64) -> Result<Position, Failure> {
    let texts = app.store.of_product(tenant, product)?;
    let names_one = |text: &&String| text.contains("competitor") || text.contains("others");
    let mentions = texts.iter().filter(names_one).count();
    Ok(app.model.ask(|| Position { mentions }).await?)
}
