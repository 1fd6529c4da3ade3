//! Notes about the variables of platforms and other frameworks.

use cachery_syntax::shown_name;

use super::super::{fields::ProgramPolicy, sources::Foreign};

/// The most names that a note lists.
const MOST_LISTED: usize = 20;

/// Returns notes about the variables that are ignored because others set them. One that is listed
/// as external is left out.
pub(crate) fn check(foreign: &Foreign, program: &ProgramPolicy) -> Vec<String> {
    let is_noted = |name: &str| !program.external.iter().any(|listed| listed == name);
    let names: Vec<_> = foreign.names.iter().filter(|name| is_noted(name)).collect();
    let other_type = foreign.backend.as_ref().filter(|(name, _)| is_noted(name));
    let note = other_type.map(|(name, value)| {
        format!(
            "{name}: `{value}` is a value of another framework, and is ignored: to choose the backend, write \
             `memory`, `redis` or `tiered`"
        )
    });
    note.into_iter().chain(of_names(&names)).collect()
}

fn of_names(names: &[&String]) -> Option<String> {
    let (shown, rest) = names.split_at(names.len().min(MOST_LISTED));
    let shown: Vec<_> = shown.iter().map(|name| shown_name(name)).collect();
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    (!shown.is_empty()).then(|| {
        format!(
            "variables of a platform or of another framework are ignored: {}{more}; list them in CACHE_EXTERNAL \
             to leave out this note",
            shown.join(", ")
        )
    })
}
