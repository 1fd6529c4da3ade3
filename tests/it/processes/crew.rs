//! The processes, as the test sees them.

use cachery_test_support::{Config, Server};
use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    time::{Duration, Instant},
};

pub(crate) const PROCESSES: usize = 8;
pub(crate) const CALLERS: usize = 100;
/// More than a busy machine takes for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const NUMBER: &str = "CACHERY_TEST_NUMBER";
pub(crate) const URL: &str = "CACHERY_TEST_URL";
/// Before what a child tells, between the lines of the test harness.
const WORD: &str = "child: ";

/// A child's way to tell something.
pub(crate) fn say(word: &str) {
    // The harness does not end the line that it begins.
    println!("\n{WORD}{word}");
}

pub(crate) struct Crew {
    children: Vec<Process>,
    told: Receiver<(usize, String)>,
    /// Told, but not asked for yet.
    early: Vec<(usize, String)>,
    loads: usize,
    _server: Server,
}

/// Killed when it is dropped.
struct Process {
    child: Child,
    orders: ChildStdin,
}

impl Crew {
    /// All callers of all processes have called, and wait for one load.
    pub(crate) fn of_callers() -> Self {
        let server = Server::launch(Config::default());
        let (teller, told) = mpsc::channel();
        let children = (0..PROCESSES).map(|number| Process::spawn(number, &server, &teller)).collect();
        let mut crew = Self { children, told, early: Vec::new(), loads: 0, _server: server };
        crew.until_each_says("ready");
        for process in 0..PROCESSES {
            crew.order(process, "call");
        }
        crew.until_each_says("waiting");
        crew
    }

    /// The process in which the next load begins.
    pub(crate) fn next_load(&mut self) -> usize {
        let (process, _) = self.word(|_, word| word == "loading");
        self.loads += 1;
        process
    }

    /// How many loads began in all.
    pub(crate) fn loads(&self) -> usize {
        let late = self.told.try_iter().filter(|(_, word)| word == "loading").count();
        self.loads + late + self.early.iter().filter(|(_, word)| word == "loading").count()
    }

    /// The load of `process` ends well.
    pub(crate) fn let_out(&mut self, process: usize) {
        self.order(process, "let out");
    }

    /// The load of `process` fails.
    pub(crate) fn fail(&mut self, process: usize) {
        self.order(process, "fail");
    }

    pub(crate) fn cancel_leader(&mut self, process: usize) {
        self.order(process, "cancel leader");
    }

    pub(crate) fn cancel_all(&mut self, process: usize) {
        self.order(process, "cancel all");
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, process: usize) {
        self.children[process].child.kill().expect("it is our child");
    }

    /// What came of the callers of these processes, where it was the same once.
    pub(crate) fn answers(&mut self, processes: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
        let processes: Vec<_> = processes.into_iter().collect();
        for process in &processes {
            self.order(*process, "tell");
        }
        let is_answer = |word: &str| !["ready", "waiting", "loading"].contains(&word);
        processes
            .iter()
            .map(|process| self.word(|from, word| from == *process && is_answer(word)).1)
            .collect()
    }

    fn until_each_says(&mut self, word: &str) {
        for process in 0..PROCESSES {
            self.word(|from, said| from == process && said == word);
        }
    }

    /// The first that `is` it, of what was told and not asked for yet.
    fn word(&mut self, is: impl Fn(usize, &str) -> bool) -> (usize, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.early.iter().position(|(process, word)| is(*process, word)) {
                return self.early.remove(at);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let told = self.told.recv_timeout(left);
            self.early.push(told.unwrap_or_else(|error| panic!("{error}; told so far: {:?}", self.early)));
        }
    }

    fn order(&mut self, process: usize, order: &str) {
        writeln!(self.children[process].orders, "{order}").expect("the child lives");
    }
}

impl Process {
    fn spawn(number: usize, server: &Server, teller: &Sender<(usize, String)>) -> Self {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args(["processes::calls_as_it_is_told", "--exact", "--ignored", "--nocapture"])
            .env(NUMBER, number.to_string())
            .env(URL, server.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test can be run again");
        let orders = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let teller = teller.clone();
        std::thread::spawn(move || {
            let words = output.lines().map_while(Result::ok);
            let words = words.filter_map(|line| line.strip_prefix(WORD).map(str::to_owned));
            // Nobody listens any more when the test is over.
            words.map(|word| teller.send((number, word))).all(|sent| sent.is_ok())
        });
        Self { child, orders }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
