//! The parts that several attributes use. Nothing here knows a single attribute.

pub(crate) mod arguments;
mod budget;
pub(crate) mod bytes;
pub(crate) mod companion;
pub(crate) mod crate_path;
pub(crate) mod deciding;
pub(crate) mod errors;
pub(crate) mod freshness;
pub(crate) mod item;
pub(crate) mod mentions;
pub(crate) mod requirement;
pub(crate) mod site;
pub(crate) mod spans;
pub(crate) mod spelling;
pub(crate) mod suggestion;
pub(crate) mod tokens;
pub(crate) mod ttl;
pub(crate) mod types;
pub(crate) mod values;
mod word;
