//! The scripts of the tier, and their arguments.
//!
//! A hit is plain commands; scripts are for what must happen at once or not at all. Those that
//! only remove may run when memory is full (`allow-oom`), so that a full server never keeps a value
//! that was invalidated.

use std::time::Duration;

use crate::connection::Script;

pub(super) static BEGIN: Script = Script::new(include_str!("scripts/begin.lua"));
pub(super) static FILL: Script = Script::new(include_str!("scripts/fill.lua"));
pub(super) static RELEASE: Script = Script::new(include_str!("scripts/release.lua"));
pub(super) static RENEW: Script = Script::new(include_str!("scripts/renew.lua"));
pub(super) static INVALIDATE: Script = Script::new(include_str!("scripts/invalidate.lua"));
pub(super) static CLEAR: Script = Script::new(include_str!("scripts/clear.lua"));
pub(super) static EXPIRE: Script = Script::drawing(include_str!("scripts/expire.lua"));
pub(super) static EXPIRE_ALL: Script = Script::drawing(include_str!("scripts/expire_all.lua"));

/// Returns a lifetime as a script takes it.
pub(super) fn millis(life: Duration) -> String {
    life.as_millis().max(1).to_string()
}

/// Returns a flag as a script takes it.
pub(super) fn flag(is_set: bool) -> &'static [u8] {
    if is_set { b"1" } else { b"0" }
}
