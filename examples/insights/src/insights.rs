//! The ten cached functions, and the changes that make their values invalid.

mod categorization;
mod change;
mod competitive;
mod duplicates;
mod embeddings;
mod priority;
mod sentiment;
mod specs;
mod summaries;
mod topics;
mod translations;

use cachery::caches;

pub(crate) use self::{
    categorization::{Category, categorize},
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
