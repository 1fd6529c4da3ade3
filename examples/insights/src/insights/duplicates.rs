//! What else was said about a product that means the same.

use cachery::{cached, caches};

use super::{PRODUCT, TENANT, embed};
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static DUPLICATES: Cache<(String, u64, u64), Vec<String>> = {
        name: "duplicates", ttl: "2h", cost: PRICE,
    };
}

/// The vectors of the product's texts are cached, too: a change of one text asks for one vector.
#[cached(cache = DUPLICATES, skip(app), tags(TENANT(tenant), PRODUCT(tenant, product)))]
pub(crate) async fn find_duplicates(
    app: &App,
    tenant: &str,
    product: u64,
    id: u64,
) -> Result<Vec<String>, Failure> {
    let text = app.store.read(tenant, id)?.text;
    let own = embed(app, tenant, &text).await?;
    let mut alike = Vec::new();
    for other in app.store.of_product(tenant, product)? {
        if other != text && are_near(&own, &embed(app, tenant, &other).await?) {
            alike.push(other);
        }
    }
    Ok(app.model.ask(|| alike).await?)
}

fn are_near(one: &[f32], other: &[f32]) -> bool {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>() < 10.0
}
