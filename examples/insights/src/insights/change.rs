//! A change of a text, which makes values invalid after it has succeeded.

use cachery::invalidate;

use super::{PRODUCT, prioritize, specify};
use crate::{
    app::App,
    feedback::{Feedback, StoreError},
};

/// Gives a customer's text another wording. Insights whose key is the text itself need no
/// invalidation: another text is another key.
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
