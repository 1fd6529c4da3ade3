//! The scripts that run in Redis, and the requests that run them.
//!
//! A hit is plain commands; scripts are for what must happen at once or not at all. Those that
//! only remove may run when memory is full (`allow-oom`), so that a full server never keeps a value
//! that was invalidated.

use std::{sync::LazyLock, time::Duration};

use redis::{Pipeline, Script as Hashed};

/// One script, with its hash.
pub(super) struct Script {
    source: &'static str,
    hashed: LazyLock<Hashed>,
}

macro_rules! script {
    ($(#[$doc:meta])* $name:ident, $file:literal) => {
        $(#[$doc])*
        pub(super) static $name: Script = Script {
            source: include_str!($file),
            hashed: LazyLock::new(|| Hashed::new(include_str!($file))),
        };
    };
}

script!(BEGIN, "scripts/begin.lua");
script!(FILL, "scripts/fill.lua");
script!(RELEASE, "scripts/release.lua");
script!(RENEW, "scripts/renew.lua");
script!(INVALIDATE, "scripts/invalidate.lua");
script!(CLEAR, "scripts/clear.lua");

impl Script {
    /// Returns a request that runs it by its hash, which the server may have forgotten.
    pub(super) fn by_hash(&self, keys: &[Vec<u8>], args: &[&[u8]]) -> Pipeline {
        Self::request("EVALSHA", self.hashed.get_hash(), keys, args)
    }

    /// Returns a request that runs it by its source, which the server remembers from then on.
    pub(super) fn by_source(&self, keys: &[Vec<u8>], args: &[&[u8]]) -> Pipeline {
        Self::request("EVAL", self.source, keys, args)
    }

    fn request(command: &str, script: &str, keys: &[Vec<u8>], args: &[&[u8]]) -> Pipeline {
        let mut cmd = redis::cmd(command);
        cmd.arg(script).arg(keys.len()).arg(keys).arg(args);
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(cmd);
        pipeline
    }
}

/// Returns a lifetime as a script takes it.
pub(super) fn millis(life: Duration) -> String {
    life.as_millis().max(1).to_string()
}

/// Returns a flag as a script takes it.
pub(super) fn flag(is_set: bool) -> &'static [u8] {
    if is_set { b"1" } else { b"0" }
}
