//! One server.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use ::redis::{FromRedisValue, RedisResult, Value};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{
    Proxy, admin,
    certificates::Certificates,
    config::{Config, Ports},
    port,
    process::Process,
    waiting::{beside, until},
};

const CONFIG: &str = "redis.conf";
const DUMP: &str = "dump.rdb";
const START: Duration = Duration::from_secs(10);

/// A handle; the server is killed with the last one.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    // Before its home: that is removed after it.
    process: Mutex<Option<Process>>,
    home: TempDir,
    config: Config,
    ports: Ports,
}

impl Server {
    /// One at a free port, without a password.
    pub(crate) async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// One as configured.
    pub(crate) async fn with(configure: impl FnOnce(&mut Config) -> &mut Config) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        beside(move || Self::launch(config)).await
    }

    /// The same, where nothing is async.
    pub(crate) fn launch(config: Config) -> Self {
        let home = tempfile::Builder::new().prefix("cachery-").tempdir();
        let home = home.expect("a temporary directory can be made");
        Certificates::of(home.path()).write();
        let started = (0..10).find_map(|_| {
            let ports = Ports { clients: port::free(), nodes: port::free() };
            let text = config.text(home.path(), ports);
            fs::write(home.path().join(CONFIG), text).expect("the directory is ours");
            Some((ports, run(&home, &config)?))
        });
        let (ports, process) = started.expect("one of ten ports is free");
        Self(Arc::new(Inner { process: Mutex::new(Some(process)), home, config, ports }))
    }

    /// For clients.
    pub(crate) fn url(&self) -> String {
        self.0.config.url(self.0.home.path(), self.port())
    }

    /// For clients that come by the proxy.
    pub(crate) fn url_by(&self, proxy: &Proxy) -> String {
        self.0.config.url(self.0.home.path(), proxy.port())
    }

    /// On 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.0.ports.clients
    }

    /// As in a URL.
    pub(super) fn credentials(&self) -> String {
        self.0.config.credentials()
    }

    /// Where the other nodes of its cluster find it.
    pub(super) fn node_port(&self) -> u16 {
        self.0.ports.nodes
    }

    /// Where clients find it.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// Of this server with TLS; another server's are of another authority.
    pub(crate) fn certificates(&self) -> Certificates {
        Certificates::of(self.0.home.path())
    }

    /// Not killed or stopped.
    pub(crate) fn is_running(&self) -> bool {
        self.process().is_some()
    }

    /// `kill -9`. The server is gone when this returns.
    pub(crate) fn kill(&self) {
        self.process().take();
    }

    /// Asks it to end, so that it says goodbye to its clients. The server is gone when this returns.
    pub(crate) fn stop(&self) {
        if let Some(process) = self.process().take() {
            process.terminate();
        }
    }

    /// It answers nobody from here on, but connections stay and can be made.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// The end of [`freeze`](Self::freeze).
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Starts it again, killing it before if it runs: at the same port, without data.
    pub(crate) async fn restart(&self) {
        let server = self.clone();
        beside(move || server.relaunch(None)).await;
    }

    /// The same with data that was [`save`](Self::save)d.
    pub(crate) async fn restart_with(&self, data: &[u8]) {
        let (server, data) = (self.clone(), data.to_vec());
        beside(move || server.relaunch(Some(&data))).await;
    }

    /// What it holds now.
    pub(crate) async fn save(&self) -> Vec<u8> {
        self.ask::<String>(&["SAVE"]).await;
        fs::read(self.0.home.path().join(DUMP)).expect("SAVE wrote it")
    }

    /// One command, whatever the server asks of its clients; by a connection of its own as user `harness`.
    pub(crate) async fn command(&self, arguments: &[impl AsRef<[u8]>]) -> RedisResult<Value> {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_vec()).collect();
        let server = self.clone();
        beside(move || server.query(&arguments)).await
    }

    /// The same where nothing is async.
    pub(crate) fn query<T: FromRedisValue>(&self, arguments: &[impl AsRef<[u8]>]) -> RedisResult<T> {
        admin::command(self.0.home.path(), arguments)
    }

    /// The answer of one command, which must succeed.
    pub(crate) async fn ask<T: FromRedisValue>(&self, arguments: &[&str]) -> T {
        let answer = self.command(arguments).await.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        T::from_redis_value(answer).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// One command, which must succeed.
    pub(crate) async fn tell(&self, arguments: &[&str]) {
        self.ask::<Value>(arguments).await;
    }

    /// A line of `CLIENT LIST` for each connection but the harness' own.
    pub(crate) async fn connections(&self) -> Vec<String> {
        let list: String = self.ask(&["CLIENT", "LIST"]).await;
        list.lines().filter(|line| !line.contains("user=harness ")).map(str::to_owned).collect()
    }

    /// How often clients gave this command, the harness among them, by `INFO commandstats`: `get`, `client|tracking`.
    pub(crate) async fn calls(&self, command: &str) -> u64 {
        let stats: String = self.ask(&["INFO", "commandstats"]).await;
        let start = format!("cmdstat_{command}:calls=");
        let calls = stats.lines().find_map(|line| line.strip_prefix(&start)?.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("it is a number"))
    }

    fn relaunch(&self, data: Option<&[u8]>) {
        self.kill();
        let dump = self.0.home.path().join(DUMP);
        // It is there only if it was saved before.
        let _ = fs::remove_file(&dump);
        if let Some(data) = data {
            fs::write(&dump, data).expect("the directory is ours");
        }
        let process = until("the server's port is free again", START, || run(&self.0.home, &self.0.config));
        *self.process() = Some(process);
    }

    fn signal(&self, signal: Signal) {
        self.process().as_ref().expect("the server runs").signal(signal);
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.0.process.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Runs the server that is configured in `home` until it answers; nothing if its port is taken.
fn run(home: &TempDir, config: &Config) -> Option<Process> {
    let arguments = [&[CONFIG], config.arguments()].concat();
    let mut process = Process::spawn(home.path(), &arguments);
    until("the server answers", START, || {
        if process.has_ended() {
            let log = process.log();
            assert!(log.contains("Failed listening on"), "redis-server does not start:\n{log}");
            return Some(false);
        }
        let answer = admin::command::<Value>(home.path(), &["PING"]);
        // Who is slow to load its data answers, too.
        answer.map_or_else(|error| error.code() == Some("LOADING"), |_| true).then_some(true)
    })
    .then_some(process)
}
