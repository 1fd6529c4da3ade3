//! The settings of one kind of source.

use std::collections::BTreeMap;

use super::{
    fields::{CacheSettings, ProgramSettings, RemoteSettings},
    source::Sourced,
};

/// The settings of one kind of source: of the builder, of the variables, of a profile, or of the
/// rest of a file. Within it, the first are the strongest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(super) program: Vec<Sourced<ProgramSettings>>,
    pub(super) all: Vec<Sourced<CacheSettings>>,
    pub(super) caches: BTreeMap<String, Vec<Sourced<CacheSettings>>>,
    pub(super) remote: Vec<Sourced<RemoteSettings>>,
}
