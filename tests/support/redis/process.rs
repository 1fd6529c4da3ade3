//! A redis-server as a process of the system.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::waiting::until;

/// Waits for the end of its standard input, which comes with the end of the test process, however that ends.
const WATCHDOG: &str = r#"read -r _; kill -9 "$1"; rm -rf "$2""#;

/// A running redis-server and its watchdog; dropping it kills both.
pub(super) struct Process {
    server: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Process {
    /// Runs redis-server in `home`, which is the server's alone.
    pub(super) fn spawn(home: &Path, arguments: &[&str]) -> Self {
        let log = home.join("log");
        let output = File::create(&log).expect("the directory is ours");
        let server = Command::new("redis-server")
            .args(arguments)
            .current_dir(home)
            .stdin(Stdio::null())
            .stderr(output.try_clone().expect("files can be cloned"))
            .stdout(output)
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server {}", reason(&error)));
        let watchdog = watch(&server, home);
        Self { server, watchdog, log }
    }

    /// What the server has written so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether the process has come to its end.
    pub(super) fn has_ended(&mut self) -> bool {
        self.server.try_wait().expect("it is our child").is_some()
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.server), signal).expect("our child is not reaped yet");
    }

    /// Asks the server to end, and waits until it has.
    pub(super) fn terminate(mut self) {
        self.signal(Signal::TERM);
        until("the server has ended", Duration::from_secs(5), || self.has_ended().then_some(()));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.watchdog] {
            // It may have ended by itself; then there is nothing to do.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// In a process group of its own, so that Ctrl-C does not end it before its work is done.
fn watch(server: &Child, home: &Path) -> Child {
    Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog", &server.id().to_string()])
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("there is a shell")
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "is not installed: `apt-get install -y redis-server` (`make tools` does it)".into()
        }
        _ => format!("cannot be started: {error}"),
    }
}
