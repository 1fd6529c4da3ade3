//! The ten cached functions, of which one has changed.

#[path = "categorization.rs"]
mod categorization;
#[path = "../../../../examples/insights/src/insights/change.rs"]
mod change;
#[path = "../../../../examples/insights/src/insights/competitive.rs"]
mod competitive;
#[path = "../../../../examples/insights/src/insights/duplicates.rs"]
mod duplicates;
#[path = "../../../../examples/insights/src/insights/embeddings.rs"]
mod embeddings;
#[path = "../../../../examples/insights/src/insights/priority.rs"]
mod priority;
#[path = "../../../../examples/insights/src/insights/sentiment.rs"]
mod sentiment;
#[path = "../../../../examples/insights/src/insights/specs.rs"]
mod specs;
#[path = "../../../../examples/insights/src/insights/summaries.rs"]
mod summaries;
#[path = "../../../../examples/insights/src/insights/topics.rs"]
mod topics;
#[path = "../../../../examples/insights/src/insights/translations.rs"]
mod translations;

use cachery::caches;

pub(crate) use self::{
    categorization::{Categories as Category, categorize},
    change::rewrite,
    competitive::{Position, compare},
    duplicates::find_duplicates,
    embeddings::embed,
    priority::{Priority, prioritize},
    sentiment::{Sentiment, analyze},
    specs::{Spec, specify},
    summaries::summarize,
    topics::find_topics,
    translations::translate,
};

caches! {
    /// The tenant to whom an entry belongs.
    pub(crate) static TENANT: Tag<String> = { name: "tenant" };

    /// The product of a tenant of which an entry tells.
    pub(crate) static PRODUCT: Tag<(String, u64)> = { name: "product" };
}
