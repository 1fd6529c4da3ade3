//! Scripts that run in Redis, and the pipelines that run them.

use std::sync::OnceLock;

use redis::{Pipeline, Script as Hashed};

/// So many scripts go into one pipeline. At some 10 us each the server is back with others after
/// 1 or 2 ms (after 60 ms where 100 nodes are told of each invalidation), and the time on the way
/// is no longer than that in most networks.
pub(crate) const MAX_IN_PIPELINE: usize = 128;

/// One script.
pub(crate) struct Script {
    source: &'static str,
    hashed: OnceLock<Hashed>,
    /// `true` where each run takes bytes that nobody has drawn before, after its arguments.
    draws: bool,
}

/// One run of a script.
#[derive(Clone, Copy)]
pub(crate) struct ScriptCall<'a> {
    pub(crate) script: &'static Script,
    pub(crate) keys: &'a [Vec<u8>],
    pub(crate) args: &'a [&'a [u8]],
}

impl Script {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self { source, hashed: OnceLock::new(), draws: false }
    }

    /// Returns a script whose last argument is sixteen random bytes, other ones for each run.
    pub(crate) const fn drawing(source: &'static str) -> Self {
        Self { source, hashed: OnceLock::new(), draws: true }
    }

    fn hash(&self) -> &str {
        self.hashed.get_or_init(|| Hashed::new(self.source)).get_hash()
    }
}

/// Returns a pipeline that names each script by its hash, which the server may have forgotten.
pub(crate) fn by_hash(calls: &[ScriptCall<'_>]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    for call in calls {
        add(&mut pipeline, "EVALSHA", call.script.hash(), call);
    }
    pipeline
}

/// Returns a pipeline in which the first call of each script has its source. The server remembers
/// it from then on, so the others name the script by its hash.
pub(crate) fn by_source(calls: &[ScriptCall<'_>]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    let mut sent: Vec<&Script> = Vec::new();
    for call in calls {
        if sent.iter().any(|script| std::ptr::eq(*script, call.script)) {
            add(&mut pipeline, "EVALSHA", call.script.hash(), call);
        } else {
            add(&mut pipeline, "EVAL", call.script.source, call);
            sent.push(call.script);
        }
    }
    pipeline
}

fn add(pipeline: &mut Pipeline, command: &str, script: &str, call: &ScriptCall<'_>) {
    pipeline.cmd(command).arg(script).arg(call.keys.len()).arg(call.keys).arg(call.args);
    let mut drawn = [0; 16];
    // Without randomness the script does without the bytes.
    if call.script.draws && getrandom::fill(&mut drawn).is_ok() {
        pipeline.arg(&drawn[..]);
    }
}
