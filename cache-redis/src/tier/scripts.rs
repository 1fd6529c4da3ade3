//! The scripts of the tier, and their arguments.
//!
//! A hit is plain commands; scripts are for what must happen at once or not at all. Those that
//! only remove may run when memory is full (`allow-oom`), so that a full server never keeps a value
//! that was invalidated.

use std::time::Duration;

use crate::connection::Script;

/// Returns a script with the functions that all of them share.
macro_rules! script {
    ($make:ident, $flags:literal, $file:literal) => {
        Script::$make($flags, concat!(include_str!("scripts/shared.lua"), include_str!($file)))
    };
}

pub(super) static BEGIN: Script = script!(new, "", "scripts/begin.lua");
pub(super) static FILL: Script = script!(new, "", "scripts/fill.lua");
pub(super) static PUT: Script = script!(new, "", "scripts/put.lua");
pub(super) static KEEP: Script = script!(new, "", "scripts/keep.lua");
pub(super) static RELEASE: Script = script!(new, " flags=allow-oom", "scripts/release.lua");
pub(super) static HOLD_OFF: Script = script!(new, "", "scripts/hold_off.lua");
pub(super) static RENEW: Script = script!(new, "", "scripts/renew.lua");
pub(super) static INVALIDATE: Script = script!(new, " flags=allow-oom", "scripts/invalidate.lua");
pub(super) static CLEAR: Script = script!(new, " flags=allow-oom", "scripts/clear.lua");
pub(super) static EXPIRE: Script = script!(drawing, " flags=allow-oom", "scripts/expire.lua");
pub(super) static EXPIRE_ALL: Script =
    script!(drawing, " flags=allow-oom", "scripts/expire_all.lua");
pub(super) static END_TAG: Script = script!(new, " flags=allow-oom", "scripts/end_tag.lua");
pub(super) static EXPIRE_TAG: Script =
    script!(drawing, " flags=allow-oom", "scripts/expire_tag.lua");
pub(super) static RETURNED: Script = script!(new, "", "scripts/returned.lua");
pub(super) static ANNOUNCE: Script = script!(new, " flags=allow-oom", "scripts/announce.lua");
pub(super) static BUDGET: Script = script!(new, "", "scripts/budget.lua");

/// Returns a lifetime as a script takes it.
pub(super) fn millis(life: Duration) -> String {
    life.as_millis().max(1).to_string()
}

/// Returns a flag as a script takes it.
pub(super) fn flag(is_set: bool) -> &'static [u8] {
    if is_set { b"1" } else { b"0" }
}
