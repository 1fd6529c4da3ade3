//! Runs of the command.

use std::{
    env,
    ffi::OsStr,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The outcome of a run.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Returns the command with nothing of ours in its environment, in an empty directory.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachery"));
    let ours = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with("CACHE") || name == "REDIS_URL"
    };
    env::vars_os().filter(|(name, _)| ours(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.stdin(Stdio::null()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

pub(crate) fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().expect("it is built");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Run { code: status.code(), out: text(stdout), err: text(stderr) }
}

impl Run {
    /// Checks the exit code and that all of `words` are printed, on lines that may be broken.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) -> &Self {
        let Self { out, err, .. } = self;
        assert_eq!(self.code, Some(code), "{out}{err}");
        let joined = format!("{out} {err}");
        let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(joined.contains(word), "{word:?} is not in\n{out}{err}");
        }
        self
    }

    /// Returns what is printed as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Returns the state of the row called `name` in a list of rows.
pub(crate) fn state<'a>(rows: &'a Value, name: &str) -> &'a str {
    let found = rows.as_array().into_iter().flatten().find(|row| row["name"] == name);
    found.and_then(|row| row["state"].as_str()).unwrap_or("absent")
}
