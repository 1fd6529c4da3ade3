//! A pipeline as bodies of requests to `/pipeline`.

use redis::{Arg, Cmd, Pipeline};

use super::text;
use crate::connection::script::{Dialect, Script};

/// The most bytes of a body. Upstash takes 10 MB in most plans.
const LIMIT: usize = 10_000_000;

/// Runs a command whose arguments or reply are not text: its name, its keys and its arguments.
static CALL: Script = Script::new("", include_str!("call.lua"));

/// A part of a pipeline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Commands that are sent in one body.
    Sent { body: Vec<u8>, forms: Vec<Form> },
    /// A command that is not sent, with the error reply that it gets.
    Refused(&'static str),
}

/// The form of the strings in the reply to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Bytes,
    /// As text that stands for bytes, by a script.
    Text,
}

/// Returns the parts of `pipeline`, in its order. What is read comes as text where
/// `reads_by_script`, because the server's own replies are not fit for bytes.
pub(super) fn parts(pipeline: &Pipeline, reads_by_script: bool) -> Vec<Part> {
    parts_within(LIMIT, pipeline, reads_by_script)
}

fn parts_within(limit: usize, pipeline: &Pipeline, reads_by_script: bool) -> Vec<Part> {
    let mut parts = Vec::with_capacity(1);
    let mut open = Open::default();
    for command in pipeline.cmd_iter() {
        let (json, form) = match of_command(command, reads_by_script) {
            Ok((json, _)) if json.len() + 2 > limit => {
                open.close(&mut parts);
                parts.push(Part::Refused("TOOLARGE the command is larger than a request may be"));
                continue;
            }
            Ok(command) => command,
            Err(reply) => {
                open.close(&mut parts);
                parts.push(Part::Refused(reply));
                continue;
            }
        };
        if open.body.len() + json.len() + 2 > limit {
            open.close(&mut parts);
        }
        open.add(&json, form);
    }
    open.close(&mut parts);
    parts
}

/// A body to which commands are added.
#[derive(Default)]
struct Open {
    body: Vec<u8>,
    forms: Vec<Form>,
}

impl Open {
    fn add(&mut self, json: &[u8], form: Form) {
        self.body.push(if self.forms.is_empty() { b'[' } else { b',' });
        self.body.extend_from_slice(json);
        self.forms.push(form);
    }

    fn close(&mut self, parts: &mut Vec<Part>) {
        let Self { mut body, forms } = std::mem::take(self);
        if !forms.is_empty() {
            body.push(b']');
            parts.push(Part::Sent { body, forms });
        }
    }
}

/// Returns a command as JSON; an error reply where it cannot be sent.
fn of_command(command: &Cmd, reads_by_script: bool) -> Result<(Vec<u8>, Form), &'static str> {
    // No request of this crate has a cursor.
    let simple = |arg| if let Arg::Simple(bytes) = arg { Some(bytes) } else { None };
    let args: Vec<&[u8]> = command.args_iter().filter_map(simple).collect();
    let (words, form) = match args.as_slice() {
        [b"EVAL" | b"EVALSHA", _, keys, ..] => (of_script(&args, keys)?, Form::Text),
        [name @ (b"GET" | b"MGET"), keys @ ..] if reads_by_script => {
            (by_script(name, keys, &[])?, Form::Text)
        }
        [name, key, others @ ..] if others.iter().any(|arg| !is_text(arg)) => {
            (by_script(name, &[key], others)?, Form::Text)
        }
        _ => (plain(&args)?, Form::Bytes),
    };
    let json = serde_json::to_vec(&words).map_err(|_| NOT_TEXT)?;
    Ok((json, form))
}

const NOT_TEXT: &str = "ERR a key is not UTF-8";

/// Returns the words of a run of a script: keys are text, and what follows stands for bytes.
fn of_script(args: &[&[u8]], keys: &[u8]) -> Result<Vec<String>, &'static str> {
    let keys: usize =
        std::str::from_utf8(keys).ok().and_then(|n| n.parse().ok()).ok_or(NOT_TEXT)?;
    let (texts, bytes) = args.split_at_checked(3 + keys).ok_or(NOT_TEXT)?;
    let mut words = plain(texts)?;
    words.extend(bytes.iter().map(|bytes| text::of_bytes(bytes)));
    Ok(words)
}

/// Returns the words of a run of the script that runs a command.
fn by_script(name: &[u8], keys: &[&[u8]], args: &[&[u8]]) -> Result<Vec<String>, &'static str> {
    let mut words = vec!["EVAL".to_owned(), CALL.source(Dialect::Text).to_owned()];
    words.push(keys.len().to_string());
    words.extend(plain(keys)?);
    words.extend([name].iter().chain(args).map(|arg| text::of_bytes(arg)));
    Ok(words)
}

fn is_text(arg: &[u8]) -> bool {
    std::str::from_utf8(arg).is_ok()
}

fn plain(args: &[&[u8]]) -> Result<Vec<String>, &'static str> {
    let word = |arg: &&[u8]| String::from_utf8(arg.to_vec()).map_err(|_| NOT_TEXT);
    args.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(part: &Part) -> String {
        match part {
            Part::Sent { body, .. } => String::from_utf8(body.clone()).unwrap(),
            Part::Refused(reply) => (*reply).to_owned(),
        }
    }

    fn bodies(limit: usize, pipeline: &Pipeline) -> Vec<String> {
        parts_within(limit, pipeline, false).iter().map(body).collect()
    }

    #[test]
    fn commands_are_rows_of_texts() {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("PTTL").arg("a:{1}").cmd("MGET").arg(&["a:{1}", "ä\"b"]);
        let parts = parts(&pipeline, false);
        assert_eq!(body(&parts[0]), r#"[["PTTL","a:{1}"],["MGET","a:{1}","ä\"b"]]"#);
        let Part::Sent { forms, .. } = &parts[0] else { panic!("{parts:?}") };
        assert_eq!(forms[..], [Form::Bytes; 2]);
    }

    #[test]
    fn arguments_of_scripts_stand_for_bytes_and_their_keys_do_not() {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("EVALSHA").arg("cafe").arg(1).arg("ä").arg(&[0_u8, 0xff, b'a'][..]);
        assert_eq!(bodies(LIMIT, &pipeline), [r#"[["EVALSHA","cafe","1","ä","Āÿa"]]"#]);
    }

    #[test]
    fn reads_are_scripts_where_replies_are_not_fit_for_bytes() {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("PTTL").arg("a").cmd("MGET").arg(&["a", "b"]);
        let parts = parts(&pipeline, true);
        let body = body(&parts[0]);
        assert!(body.starts_with(r#"[["PTTL","a"],["EVAL",""#), "{body}");
        assert!(body.ends_with(r#","2","a","b","MGET"]]"#), "{body}");
        let Part::Sent { forms, .. } = &parts[0] else { panic!("{parts:?}") };
        assert_eq!(forms[..], [Form::Bytes, Form::Text]);
    }

    #[test]
    fn a_command_with_an_argument_that_is_not_text_is_run_by_a_script() {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("SET").arg("a").arg(&[0xff_u8, 0][..]).arg("NX");
        let bodies = bodies(LIMIT, &pipeline);
        assert!(bodies[0].starts_with(r#"[["EVAL",""#), "{bodies:?}");
        assert!(bodies[0].ends_with(r#","1","a","SET","ÿĀ","NX"]]"#), "{bodies:?}");
    }

    #[test]
    fn no_body_is_larger_than_the_limit() {
        let mut pipeline = Pipeline::new();
        for name in ["a", "b", "c"] {
            pipeline.cmd("GET").arg(name);
        }
        pipeline.cmd("GET").arg("a key that is too long").cmd("GET").arg("d");
        let two = r#"[["GET","a"],["GET","b"]]"#;
        let refused = "TOOLARGE the command is larger than a request may be";
        assert_eq!(
            bodies(two.len(), &pipeline),
            [two, r#"[["GET","c"]]"#, refused, r#"[["GET","d"]]"#]
        );
    }

    #[test]
    fn a_key_that_is_not_text_is_refused_and_the_others_are_sent() {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("GET").arg(&[0xff_u8][..]).cmd("GET").arg("b");
        assert_eq!(bodies(LIMIT, &pipeline), [NOT_TEXT, r#"[["GET","b"]]"#]);
    }
}
