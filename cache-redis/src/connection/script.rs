//! Scripts that run in Redis, and the pipelines that run them.

use std::sync::OnceLock;

use redis::{Pipeline, Script as Hashed};

/// So many scripts go into one pipeline. At some 10 us each the server is back with others after
/// 1 or 2 ms (after 60 ms where 100 nodes are told of each invalidation), and the time on the way
/// is no longer than that in most networks.
pub(crate) const MAX_IN_PIPELINE: usize = 128;

/// One script. Its first line has flags, which not every server knows.
pub(crate) struct Script {
    flags: &'static str,
    body: &'static str,
    /// For each dialect.
    texts: [OnceLock<Text>; 3],
    /// `true` where each run takes bytes that nobody has drawn before, after its arguments.
    draws: bool,
}

/// The source of a script and its hash.
struct Text {
    source: String,
    hash: String,
}

/// The form of a script that a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// With a first line `#!lua`, in which flags may stand: Redis 7 and Valkey.
    Flagged,
    /// Without it.
    Plain,
    /// Without it, and with bytes as text, for a way that carries text only.
    Text,
}

/// The beginning and the end of a script that takes bytes as text and returns them so.
const OF_TEXT: [&str; 2] = [include_str!("script/arguments.lua"), include_str!("script/reply.lua")];

/// One run of a script.
#[derive(Clone, Copy)]
pub(crate) struct ScriptCall<'a> {
    pub(crate) script: &'static Script,
    pub(crate) keys: &'a [Vec<u8>],
    pub(crate) args: &'a [&'a [u8]],
}

impl Script {
    /// Returns a script without its first line, in which `flags` stand.
    pub(crate) const fn new(flags: &'static str, body: &'static str) -> Self {
        Self { flags, body, texts: [const { OnceLock::new() }; 3], draws: false }
    }

    /// Returns one whose last argument is sixteen random bytes, other ones for each run.
    pub(crate) const fn drawing(flags: &'static str, body: &'static str) -> Self {
        Self { flags, body, texts: [const { OnceLock::new() }; 3], draws: true }
    }

    /// Returns its source.
    #[cfg(feature = "upstash")]
    pub(super) fn source(&self, dialect: Dialect) -> &str {
        &self.text(dialect).source
    }

    fn text(&self, dialect: Dialect) -> &Text {
        self.texts[dialect as usize].get_or_init(|| {
            let source = match dialect {
                Dialect::Flagged => format!("#!lua{}\n{}", self.flags, self.body),
                Dialect::Plain => self.body.to_owned(),
                Dialect::Text => OF_TEXT.join(self.body),
            };
            let hash = Hashed::new(&source).get_hash().to_owned();
            Text { source, hash }
        })
    }
}

/// Returns a pipeline that names each script by its hash, which the server may have forgotten.
pub(crate) fn by_hash(calls: &[ScriptCall<'_>], dialect: Dialect) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    for call in calls {
        add(&mut pipeline, "EVALSHA", &call.script.text(dialect).hash, call);
    }
    pipeline
}

/// Returns a pipeline in which the first call of each script has its source. The server remembers
/// it from then on, so the others name the script by its hash.
pub(crate) fn by_source(calls: &[ScriptCall<'_>], dialect: Dialect) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    let mut sent: Vec<&Script> = Vec::new();
    for call in calls {
        let text = call.script.text(dialect);
        if sent.iter().any(|script| std::ptr::eq(*script, call.script)) {
            add(&mut pipeline, "EVALSHA", &text.hash, call);
        } else {
            add(&mut pipeline, "EVAL", &text.source, call);
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
