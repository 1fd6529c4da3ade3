//! A change of a text, which makes values invalid after it has succeeded.

use cachery::{expire, invalidate};

use super::{PRODUCT, compare, prioritize, specify};
use crate::{
    app::App,
    feedback::{Feedback, StoreError},
};

/// Gives a customer's text another wording. Insights whose key is the text itself need no
/// invalidation: another text is another key. The comparison with competitors is worth more old than
/// not at all, so it expires: it serves once more if the model fails.
#[expire(compare(_, tenant, result.product))]
#[invalidate(
    PRODUCT(tenant, result.product),
    prioritize(_, tenant, id),
    specify(_, tenant, id)
)]
pub(crate) async fn rewrite(
    app: &App,
    tenant: &str,
    id: u64,
    text: &str,
) -> Result<Feedback, StoreError> {
    app.store.write(tenant, id, text)
}
