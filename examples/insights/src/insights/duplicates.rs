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
    let mut texts = vec![app.store.read(tenant, id)?.text];
    texts.extend(app.store.of_product(tenant, product)?);
    let vectors = embed(app, tenant, &texts).await?;
    let is_alike =
        |(text, vector): &(&String, &Vec<f32>)| **text != texts[0] && are_near(&vectors[0], vector);
    let alike = texts.iter().zip(&vectors).filter(is_alike);
    Ok(app.model.ask(|| alike.map(|(text, _)| text.clone()).collect()).await?)
}

fn are_near(one: &[f32], other: &[f32]) -> bool {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>() < 10.0
}
