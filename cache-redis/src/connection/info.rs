//! The reply to `INFO`.

use redis::{Pipeline, Value};

/// Adds the request for each of these sections. Servers before Redis 7 take one at a time.
pub(crate) fn ask_for(sections: &[&str], pipeline: &mut Pipeline) {
    for section in sections {
        pipeline.cmd("INFO").arg(section);
    }
}

/// Returns the text of all replies that are one. A user may not be allowed to ask.
pub(crate) fn text_of(replies: &[Value]) -> String {
    replies.iter().filter_map(text).collect()
}

fn text(reply: &Value) -> Option<String> {
    match reply {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Returns the value of the line that begins with `name`.
pub(crate) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
}
