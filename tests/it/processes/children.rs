//! The children, as the test sees them.

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
/// More than a busy machine needs for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const NUMBER: &str = "CACHERY_TEST_NUMBER";
pub(crate) const URL: &str = "CACHERY_TEST_URL";
/// The prefix of the lines that a child prints, between those of libtest.
const PREFIX: &str = "child: ";

/// Prints a word to the parent.
pub(crate) fn say(word: &str) {
    // libtest does not end the line that it begins.
    println!("\n{PREFIX}{word}");
}

pub(crate) struct Children {
    processes: Vec<Process>,
    words: Receiver<(usize, String)>,
    /// Words that were received and not asked for yet.
    early: Vec<(usize, String)>,
    loads: usize,
    _server: Server,
}

/// A child, which is killed when it is dropped.
struct Process {
    child: Child,
    orders: ChildStdin,
}

impl Children {
    /// Starts all processes. When this returns all their callers have called, and wait for one
    /// load.
    pub(crate) fn with_callers() -> Self {
        let server = Server::launch(Config::default());
        let (sender, words) = mpsc::channel();
        let processes =
            (0..PROCESSES).map(|number| Process::spawn(number, &server, &sender)).collect();
        let mut all = Self { processes, words, early: Vec::new(), loads: 0, _server: server };
        all.until_each_says("ready");
        for process in 0..PROCESSES {
            all.order(process, "call");
        }
        all.until_each_says("waiting");
        all
    }

    /// Waits for the next load, and returns its process.
    pub(crate) fn next_load(&mut self) -> usize {
        let (process, _) = self.word(|_, word| word == "loading");
        self.loads += 1;
        process
    }

    /// Returns the number of all loads so far.
    pub(crate) fn loads(&self) -> usize {
        let late = self.words.try_iter().filter(|(_, word)| word == "loading").count();
        self.loads + late + self.early.iter().filter(|(_, word)| word == "loading").count()
    }

    /// Lets the load of `process` succeed.
    pub(crate) fn let_out(&mut self, process: usize) {
        self.order(process, "let out");
    }

    /// Makes the load of `process` fail.
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
        self.processes[process].child.kill().expect("it is our child");
    }

    /// Returns the outcomes of the callers of these processes, equal ones once.
    pub(crate) fn outcomes(
        &mut self,
        processes: impl IntoIterator<Item = usize>,
    ) -> BTreeSet<String> {
        let processes: Vec<_> = processes.into_iter().collect();
        for process in &processes {
            self.order(*process, "tell");
        }
        let is_outcome = |word: &str| !["ready", "waiting", "loading"].contains(&word);
        processes
            .iter()
            .map(|process| self.word(|from, word| from == *process && is_outcome(word)).1)
            .collect()
    }

    fn until_each_says(&mut self, word: &str) {
        for process in 0..PROCESSES {
            self.word(|from, said| from == process && said == word);
        }
    }

    /// Waits for the first word for which `is` holds, and returns it with its process.
    fn word(&mut self, is: impl Fn(usize, &str) -> bool) -> (usize, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.early.iter().position(|(process, word)| is(*process, word)) {
                return self.early.remove(at);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let next = self.words.recv_timeout(left);
            self.early
                .push(next.unwrap_or_else(|error| panic!("{error}; so far: {:?}", self.early)));
        }
    }

    fn order(&mut self, process: usize, order: &str) {
        writeln!(self.processes[process].orders, "{order}").expect("the child lives");
    }
}

impl Process {
    fn spawn(number: usize, server: &Server, sender: &Sender<(usize, String)>) -> Self {
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
        let sender = sender.clone();
        std::thread::spawn(move || {
            let words = output.lines().map_while(Result::ok);
            let words = words.filter_map(|line| line.strip_prefix(PREFIX).map(str::to_owned));
            // The receiver is gone when the test is over.
            words.map(|word| sender.send((number, word))).all(|sent| sent.is_ok())
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
