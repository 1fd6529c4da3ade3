//! A command that prints a password, for tokens that expire.

use std::{
    io::Read as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::manager;

/// The time after which a command is ended.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause between two looks at a command that runs.
const STEP: Duration = Duration::from_millis(20);
/// The most bytes of a password that are read. Tokens of clouds have some thousand.
const MOST: u64 = 64 << 10;

/// Runs `command` by the shell and returns the first line of its output. `None` when it fails. Its
/// errors go where those of the program go, and never into a log line: they may hold anything.
pub(super) async fn run(command: String) -> Option<String> {
    manager::handle().spawn_blocking(move || output(&command)).await.ok().flatten()
}

fn output(command: &str) -> Option<String> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn().ok()?;
    let mut text = String::new();
    // Read beside the wait: a command whose output nobody reads does not end.
    let output = child.stdout.take()?;
    let reader = thread::Builder::new().name("cachery-password".to_owned());
    let reader =
        reader.spawn(move || output.take(MOST).read_to_string(&mut text).ok().map(|_| text));
    if !ended_well(&mut child) {
        return None;
    }
    let text = reader.ok()?.join().ok().flatten()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn ended_well(child: &mut Child) -> bool {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if began.elapsed() < LIMIT => thread::sleep(STEP),
            _ => {
                // It has ended by itself, or is ended now.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
