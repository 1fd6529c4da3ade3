//! Names of settings that later versions may read.
//!
//! They are refused today, so that no program means something else by them after an update.

use cachery_syntax::{Field, Global, Support, shown_name};

use super::source::Source;
use crate::error::{Fault, FaultKind};

/// Tells whether a later version may read the setting `field` of a cache.
pub(super) fn is_field(field: &str) -> bool {
    Field::named(field).is_some_and(|field| field.variable == Support::Later)
}

/// Tells whether a later version may read `variable` as one of the whole program.
pub(super) fn is_variable(variable: &str) -> bool {
    later_globals().any(|global| global == variable)
}

/// Tells whether a later version may read `name` in a file, in whatever section.
pub(super) fn is_in_file(name: &str) -> bool {
    let is_name = |global: &str| global.trim_start_matches("CACHE_").eq_ignore_ascii_case(name);
    is_field(name) || later_globals().any(is_name)
}

fn later_globals() -> impl Iterator<Item = &'static str> {
    Global::ALL
        .into_iter()
        .filter(|global| global.support == Support::Later)
        .map(|global| global.variable)
}

/// Returns the fault of `source`, which sets the reserved `name`. `way_out` ends its message.
pub(super) fn fault(source: &Source, name: &str, way_out: &str) -> Fault {
    let message =
        format!("{source}: `{}` is reserved for a later version: {way_out}", shown_name(name));
    Fault::new(FaultKind::ReservedName, message)
}
