//! The urgency of what was said.

use cachery::{cached, caches};
use serde::{Deserialize, Serialize};

use super::{TENANT, analyze};
use crate::{
    app::{App, Failure},
    model::PRICE,
};

caches! {
    pub(crate) static PRIORITY: Cache<(String, u64), Priority> = {
        name: "priority", ttl: "15m", cost: PRICE,
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Priority {
    Now,
    Soon,
    Someday,
}

/// It asks for the sentiment by its cached function, so that nobody pays for that twice.
#[cached(cache = PRIORITY, skip(app), tags(TENANT(tenant)))]
pub(crate) async fn prioritize(app: &App, tenant: &str, id: u64) -> Result<Priority, Failure> {
    let text = app.store.read(tenant, id)?.text;
    let mood = analyze(app, tenant, &text).await?;
    let priority = match mood.score {
        _ if text.contains("urgent") => Priority::Now,
        score if score < 0.0 => Priority::Soon,
        _ => Priority::Someday,
    };
    Ok(app.model.ask(|| priority).await?)
}
