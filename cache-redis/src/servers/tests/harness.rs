//! Servers that end with the test, and duties that write down what they were told.

use std::{
    collections::BTreeMap,
    io,
    net::TcpListener,
    pin::pin,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake},
    thread,
    time::{Duration, Instant},
};

use cachery_core::remote::{Reason, Target};
use redis::{Pipeline, Value};

use super::super::{Duties, Servers};
use crate::manager;

/// Longer than anything should take.
pub(super) const LONG: Duration = Duration::from_secs(10);
/// What a caller gives.
pub(super) const BUDGET: Duration = Duration::from_millis(200);

/// A `redis-server` on a port of its own.
pub(super) struct Redis {
    pub(super) port: u16,
    options: Vec<String>,
    process: Option<Child>,
}

impl Redis {
    pub(super) fn start(options: &[&str]) -> Self {
        Self::start_on(free_port(), options)
    }

    pub(super) fn start_on(port: u16, options: &[&str]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut redis = Self { port, options, process: None };
        redis.restart();
        redis
    }

    pub(super) fn restart(&mut self) {
        self.kill();
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--appendonly", "no", "--dir", "/tmp", "--port", &self.port.to_string()]);
        command.args(&self.options).stdout(Stdio::null());
        self.process = Some(command.spawn().expect("redis-server is installed"));
        eventually("the server listens", || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// `STOP` or `CONT`.
    pub(super) fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Runs a command beside our connections.
    pub(super) fn run(&self, words: &[&str]) -> String {
        redis_cli(self.port, words)
    }

    /// The port on which the nodes of a cluster talk.
    pub(super) fn bus(&self) -> String {
        let place = self.options.iter().position(|option| option == "--cluster-port").unwrap();
        self.options[place + 1].clone()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(super) fn redis_cli(port: u16, words: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A port that no other test of this process gets, nor the system for an outgoing connection.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let first = std::process::id() as usize * 131;
    loop {
        let offset = (first + NEXT.fetch_add(1, SeqCst)) % 12_000;
        let port = 20_000 + u16::try_from(offset).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Waits until something is so; not so within [`LONG`] is a failure.
pub(super) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < LONG, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Duties that write down what they were told.
#[derive(Default)]
pub(super) struct Diary {
    pub(super) lines: Mutex<Vec<String>>,
    /// What is done again after each new session: a key to write.
    pub(super) journal: Mutex<Option<String>>,
    waiting: Mutex<BTreeMap<u64, String>>,
    next: AtomicUsize,
    outstanding: AtomicBool,
}

impl Diary {
    fn write(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    pub(super) fn count(&self, line: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|known| *known == line).count()
    }
}

impl Duties for Diary {
    fn lost(&self, _owns: &dyn Fn(u16) -> bool) {
        self.write("lost");
    }

    fn suspect(&self, _owns: &dyn Fn(u16) -> bool) {
        self.write("suspect");
        if let Some(key) = &*self.journal.lock().unwrap() {
            let id = self.next.fetch_add(1, SeqCst) as u64;
            self.waiting.lock().unwrap().insert(id, key.clone());
            self.outstanding.store(true, SeqCst);
        }
    }

    fn has_outstanding(&self) -> bool {
        self.outstanding.load(SeqCst)
    }

    fn queued(&self, _owns: &dyn Fn(u16) -> bool) -> usize {
        self.waiting.lock().unwrap().len()
    }

    fn outstanding(&self, _owns: &dyn Fn(u16) -> bool) -> Vec<(u64, Pipeline)> {
        let waiting = self.waiting.lock().unwrap();
        waiting
            .iter()
            .map(|(id, key)| (*id, redis::pipe().cmd("RPUSH").arg(key).arg("replayed").clone()))
            .collect()
    }

    fn done(&self, id: u64) {
        self.write("done");
        let mut waiting = self.waiting.lock().unwrap();
        waiting.remove(&id);
        self.outstanding.store(!waiting.is_empty(), SeqCst);
    }

    fn pushed(&self, names: &[Vec<u8>]) {
        for name in names {
            self.write(String::from_utf8_lossy(name));
        }
    }

    fn flushed(&self) {
        self.write("flushed");
    }

    fn cut_off(&self) {
        self.write("cut off");
    }

    fn restored(&self) {
        self.write("restored");
    }
}

pub(super) fn target(url: &str) -> Target {
    let mut target = Target::default();
    url.clone_into(&mut target.url);
    target
}

pub(super) fn open(url: &str) -> (Arc<Servers>, Arc<Diary>) {
    open_target(&target(url))
}

pub(super) fn open_target(target: &Target) -> (Arc<Servers>, Arc<Diary>) {
    let diary = Arc::new(Diary::default());
    let servers = Servers::open(target, b"p:".to_vec(), Arc::clone(&diary) as Arc<dyn Duties>).unwrap();
    (servers, diary)
}

/// One command, for the server of slot 0.
pub(super) async fn ask(servers: &Servers, words: &[&str]) -> Result<Value, Reason> {
    ask_slot(servers, 0, words).await
}

pub(super) async fn ask_slot(servers: &Servers, slot: u16, words: &[&str]) -> Result<Value, Reason> {
    let mut pipeline = redis::pipe();
    pipeline.cmd(words[0]).arg(&words[1..]);
    servers.request(slot, &pipeline, "test", BUDGET).await.map(|mut replies| replies.remove(0))
}

/// As [`eventually`], for what must be awaited.
pub(super) async fn eventually_async<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < LONG, "in vain: {what}");
        manager::timer(Duration::from_millis(5)).await;
    }
}

/// The plainest executor.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Everything that is logged, by all tests of this process.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on what is logged is kept.
pub(super) fn listen() {
    let _ = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Writer).try_init();
}

/// The lines logged so far that contain `text`.
pub(super) fn logged(text: &str) -> Vec<String> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}
