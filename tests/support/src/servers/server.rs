//! One server.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use redis::{FromRedisValue, RedisResult, Value};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{StartError, admin, config::Config, port, process::Process};
use crate::{
    Certificates, Proxy,
    wait::{STEP, run_blocking, wait_for},
};

const CONFIG: &str = "redis.conf";
const DUMP: &str = "dump.rdb";
/// The limit of a start.
const START: Duration = Duration::from_secs(30);
/// The number of tries of a start, each at other ports, because another process may have taken
/// those.
const STARTS: usize = 10;

/// A redis-server that is killed with its last handle.
#[derive(Clone, Debug)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Before its home: that is removed after it.
    process: Mutex<Option<Process>>,
    home: TempDir,
    config: Config,
    port: u16,
}

impl Server {
    /// Starts a server at a free port, without a password.
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// Starts a server as configured.
    pub async fn with(configure: impl FnOnce(&mut Config) -> &mut Config) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        run_blocking(move || Self::launch(config)).await
    }

    /// As [`with`](Self::with), for code that is not async.
    pub fn launch(config: Config) -> Self {
        Self::try_launch(config).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`launch`](Self::launch), for programs that explain the failure themselves.
    ///
    /// # Errors
    /// Most likely redis-server is not installed. The error says how to do that.
    pub fn try_launch(config: Config) -> Result<Self, StartError> {
        let home = tempfile::Builder::new().prefix("cachery-").tempdir();
        let home = home.expect("a temporary directory can be made");
        Certificates::of(home.path()).write();
        let mut tries = 0;
        let (port, process) = loop {
            tries += 1;
            let port = port::free();
            let text = config.text(home.path(), port);
            fs::write(home.path().join(CONFIG), text).expect("the directory can be written to");
            match run(home.path(), &config) {
                Err(error) if error.is_of_the_port() && tries < STARTS => {}
                started => break (port, started?),
            }
        };
        Ok(Self(Arc::new(Inner { process: Mutex::new(Some(process)), home, config, port })))
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        self.0.config.url(self.home(), self.port())
    }

    /// The URL for clients that come through the proxy.
    pub fn url_through(&self, proxy: &Proxy) -> String {
        self.0.config.url(self.home(), proxy.port())
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// The path of the unix socket, where every server listens.
    pub fn socket(&self) -> PathBuf {
        self.home().join(admin::SOCKET)
    }

    /// The credentials before the host in a URL.
    pub(super) fn credentials(&self) -> String {
        self.0.config.credentials()
    }

    /// The port for the other nodes of its cluster.
    pub(super) fn node_port(&self) -> u16 {
        self.0.port + port::BETWEEN
    }

    /// Certificates of this server with TLS. Those of another server are of another authority.
    pub fn certificates(&self) -> Certificates {
        Certificates::of(self.home())
    }

    /// Tells whether it was neither killed nor stopped.
    pub fn is_running(&self) -> bool {
        self.process().is_some()
    }

    /// `kill -9`. The server is gone when this returns.
    pub fn kill(&self) {
        self.process().take();
    }

    /// Asks the server to end, so that it closes its connections. It is gone when this returns.
    pub fn stop(&self) {
        if let Some(process) = self.process().take() {
            process.terminate();
        }
    }

    /// Makes the server silent: connections stay and can be made.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Ends a [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Starts the server again, killing it first if it runs: at the same port, without data.
    pub async fn restart(&self) {
        let server = self.clone();
        run_blocking(move || server.relaunch()).await;
    }

    /// As [`restart`](Self::restart), for code that is not async.
    pub fn relaunch(&self) {
        self.relaunch_with(None);
    }

    /// As [`restart`](Self::restart), with data that was [`save`](Self::save)d.
    pub async fn restart_with(&self, data: &[u8]) {
        let server = self.clone();
        let data = data.to_vec();
        run_blocking(move || server.relaunch_with(Some(&data))).await;
    }

    /// Returns the data that the server holds now.
    pub async fn save(&self) -> Vec<u8> {
        self.ask::<String>(&["SAVE"]).await;
        fs::read(self.home().join(DUMP)).expect("SAVE wrote it")
    }

    /// Runs one command, by a connection of its own and as a user who may do everything.
    ///
    /// # Errors
    /// Those of the server, and of the connection.
    pub async fn command(&self, arguments: &[impl AsRef<[u8]>]) -> RedisResult<Value> {
        let arguments: Vec<_> =
            arguments.iter().map(|argument| argument.as_ref().to_vec()).collect();
        let server = self.clone();
        run_blocking(move || server.query(&arguments)).await
    }

    /// As [`command`](Self::command), for code that is not async.
    ///
    /// # Errors
    /// Those of the server, and of the connection.
    pub fn query<T: FromRedisValue>(&self, arguments: &[impl AsRef<[u8]>]) -> RedisResult<T> {
        admin::command(self.home(), arguments)
    }

    /// Returns the reply to one command, which must succeed.
    pub async fn ask<T: FromRedisValue>(&self, arguments: &[&str]) -> T {
        let reply =
            self.command(arguments).await.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        T::from_redis_value(reply).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Runs one command, which must succeed.
    pub async fn tell(&self, arguments: &[&str]) {
        self.ask::<Value>(arguments).await;
    }

    /// A line of `CLIENT LIST` for each connection that is not the tests' own.
    pub async fn connections(&self) -> Vec<String> {
        let list: String = self.ask(&["CLIENT", "LIST"]).await;
        let own = format!("user={} ", admin::USER);
        list.lines().filter(|line| !line.contains(&own)).map(str::to_owned).collect()
    }

    /// Number of times that anybody gave this command, by `INFO commandstats`: `get`,
    /// `client|tracking`.
    pub async fn calls(&self, command: &str) -> u64 {
        let stats: String = self.ask(&["INFO", "commandstats"]).await;
        let start = format!("cmdstat_{command}:calls=");
        let calls = stats.lines().find_map(|line| line.strip_prefix(&start)?.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("it is a number"))
    }

    fn relaunch_with(&self, data: Option<&[u8]>) {
        self.kill();
        let dump = self.home().join(DUMP);
        // It is there only if it was saved before.
        let _ = fs::remove_file(&dump);
        if let Some(data) = data {
            fs::write(&dump, data).expect("the directory can be written to");
        }
        let process = wait_for("the server's port is free again", START, || {
            match run(self.home(), &self.0.config) {
                Err(error) if error.is_of_the_port() => None,
                started => Some(started.unwrap_or_else(|error| panic!("{error}"))),
            }
        });
        *self.process() = Some(process);
    }

    fn signal(&self, signal: Signal) {
        self.process().as_ref().expect("the server runs").signal(signal);
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.0.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn home(&self) -> &Path {
        self.0.home.path()
    }
}

/// Runs the server that is configured in `home`, and returns when it answers.
fn run(home: &Path, config: &Config) -> Result<Process, StartError> {
    let mut process = Process::spawn(home, &[&[CONFIG], config.arguments()].concat())?;
    let began = Instant::now();
    while !process.has_ended() {
        if answers(home) {
            return Ok(process);
        }
        if began.elapsed() > START {
            return Err(StartError::Silent);
        }
        thread::sleep(STEP);
    }
    Err(StartError::Ended { log: process.log() })
}

/// Tells whether a server replies, also one that is still loading its data.
fn answers(home: &Path) -> bool {
    let reply = admin::command::<Value>(home, &["PING"]);
    reply.map_or_else(|error| error.code() == Some("LOADING"), |_| true)
}
