//! A redis-server as a process of the system.

use std::{
    env,
    fs::{self, File},
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait_for;

/// The variable that names another program than `redis-server`.
const PROGRAM: &str = "CACHERY_REDIS_SERVER";

/// Waits for the end of its standard input, which comes with the end of the test's process, however
/// that ends.
const WATCHDOG: &str = r#"read -r _; kill -9 "$1"; rm -rf "$2""#;

/// The reason why a redis-server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is none on this machine.
    #[error(
        "redis-server is not installed: install it by `make tools`, `apt-get install -y redis-server` or \
         `brew install redis`"
    )]
    NotInstalled,
    /// The system does not run it.
    #[error("redis-server cannot be run: {0}")]
    NotRun(io::Error),
    /// It ended by itself.
    #[error("redis-server has ended:\n{log}")]
    Ended {
        /// Its output until then.
        log: String,
    },
    /// It runs and is silent.
    #[error("redis-server does not answer")]
    Silent,
}

impl StartError {
    /// Tells whether another port would do.
    pub(super) fn is_of_the_port(&self) -> bool {
        let texts = ["Failed listening on", "Could not create server TCP listening socket"];
        matches!(self, Self::Ended { log } if texts.iter().any(|text| log.contains(text)))
    }

    fn new(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::NotInstalled
        } else {
            Self::NotRun(error)
        }
    }
}

/// A running redis-server and its watchdog. Dropping it kills both.
#[derive(Debug)]
pub(super) struct Process {
    server: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Process {
    /// Runs redis-server in `home`, which is the server's alone.
    pub(super) fn spawn(home: &Path, arguments: &[&str]) -> Result<Self, StartError> {
        let log = home.join("log");
        let output = File::create(&log).expect("the directory can be written to");
        let program = env::var_os(PROGRAM).unwrap_or_else(|| "redis-server".into());
        let server = Command::new(program)
            .args(arguments)
            .current_dir(home)
            .stdin(Stdio::null())
            .stderr(output.try_clone().expect("files can be cloned"))
            .stdout(output)
            .spawn()
            .map_err(StartError::new)?;
        let watchdog = watch(&server, home);
        Ok(Self { server, watchdog, log })
    }

    /// The server's output so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Tells whether the process has ended.
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
        wait_for("the server has ended", Duration::from_secs(20), || {
            self.has_ended().then_some(())
        });
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
