//! A specification of what a customer asks for.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::TENANT;
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static SPECS: Cache<(String, u64), Spec> = {
        name: "specs", ttl: "1h", cost: PRICE,
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// The text that it is made of.
    goal: String,
    steps: Vec<String>,
}

#[cached(cache = SPECS, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn specify(app: &App, tenant: &str, id: u64) -> Result<Spec, Failure> {
    let goal = app.store.read(tenant, id)?.text;
    let steps = goal.split(", ").map(str::to_owned).collect();
    Ok(app.model.ask(|| Spec { goal, steps }).await?)
}
