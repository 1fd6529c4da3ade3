//! The texts: sentences about a shop, each once.

const WHO: [&str; 6] =
    ["The lamp", "My order", "A parcel", "The chair", "Your invoice", "The kettle"];
const WHAT: [&str; 6] =
    ["is late", "came broken", "has arrived", "looks great", "was wrong", "is missing"];
const WHEN: [&str; 2] = ["again", "since Monday"];

/// Returns 72 sentences.
pub(crate) fn sentences() -> Vec<String> {
    let all = WHO.iter().flat_map(|who| {
        WHAT.iter()
            .flat_map(move |what| WHEN.iter().map(move |when| format!("{who} {what} {when}.")))
    });
    all.collect()
}
