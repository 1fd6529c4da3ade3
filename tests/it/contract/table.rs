//! Each row of the table in `docs/freshness.md` with each course that a load can take, with `detach`
//! and without: what a call returns, whether its function runs, what is stored, and what is counted.

use std::{sync::Arc, time::Duration};

use cachery::{Caches, Timeout, cached};
use cachery_test_support::{spawn, until};
use tokio::task::JoinHandle;

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

/// The longest time in which something happens that happens at all. The machine may be busy.
const LONG: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The value of the first load.
const OLD: usize = 1;
/// The value of the second.
const NEW: usize = 101;

#[derive(Clone, Debug, PartialEq)]
enum Error {
    Slow,
    Failed,
}

impl From<Timeout> for Error {
    fn from(_: Timeout) -> Self {
        Self::Slow
    }
}

impl From<Failure> for Error {
    fn from(_: Failure) -> Self {
        Self::Failed
    }
}

#[cached(
    name = "table-inline",
    ttl = 60,
    refresh = "80%",
    stale = 30,
    stale_if_error = "5m",
    load_timeout = 5,
    skip(origin, base)
)]
async fn inline(_id: u64, origin: &Arc<Origin>, base: usize) -> Result<usize, Error> {
    Ok(origin.run().await? + base)
}

#[cached(
    name = "table-detached",
    ttl = 60,
    refresh = "80%",
    stale = 30,
    stale_if_error = "5m",
    load_timeout = 5,
    soft_timeout = 1,
    detach,
    skip(origin, base)
)]
async fn detached(_id: u64, origin: &Arc<Origin>, base: usize) -> Result<usize, Error> {
    Ok(origin.run().await? + base)
}

/// The state of what is stored when the call comes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Fresh,
    InWindow,
    Stale,
    HeldOff,
    Usable,
    Gone,
    Invalidated,
    Expired,
}

const ROWS: [Row; 8] = [
    Row::Fresh,
    Row::InWindow,
    Row::Stale,
    Row::HeldOff,
    Row::Usable,
    Row::Gone,
    Row::Invalidated,
    Row::Expired,
];

/// The course of the load, if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Course {
    Ok,
    Err,
    Panic,
    /// It takes longer than `soft_timeout`, and returns.
    Slow,
    /// The caller goes away, and the load would return.
    Cancelled,
    /// It takes longer than `load_timeout`.
    LoadTimeout,
}

const COURSES: [Course; 6] =
    [Course::Ok, Course::Err, Course::Panic, Course::Slow, Course::Cancelled, Course::LoadTimeout];

/// What the caller gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gets {
    Value(usize),
    Failed,
    Slow,
    Panic,
    /// It has gone away.
    Nothing,
}

/// What a call leads to.
#[derive(Debug, PartialEq)]
struct Outcome {
    gets: Gets,
    runs: usize,
    /// The value that a `peek` shows afterwards.
    stored: Option<usize>,
    /// Calls that a value past its ttl served: stale, after an error, after `soft_timeout`.
    counted: [u64; 3],
}

/// The table.
fn right(row: Row, course: Course, is_detached: bool) -> Outcome {
    use Course::{Cancelled, LoadTimeout, Panic, Slow};
    use Row::{Expired, Fresh, Gone, HeldOff, InWindow, Invalidated, Stale, Usable};
    let returns = matches!(course, Course::Ok | Slow) || (course == Cancelled && is_detached);
    // What is stored when the load brings nothing new.
    let left = if matches!(row, Fresh | InWindow | Stale) { Some(OLD) } else { None };
    let stored = if returns { Some(NEW) } else { left };
    let nothing = if returns { Gets::Value(NEW) } else { Gets::Value(OLD) };
    match row {
        Fresh => Outcome { gets: Gets::Value(OLD), runs: 0, stored: left, counted: [0; 3] },
        HeldOff => Outcome { gets: Gets::Value(OLD), runs: 0, stored: left, counted: [0, 1, 0] },
        InWindow | Stale if is_detached => {
            let counted = [u64::from(row == Stale), 0, 0];
            Outcome { gets: Gets::Value(OLD), runs: 1, stored, counted }
        }
        _ if course == Cancelled => {
            Outcome { gets: Gets::Nothing, runs: 1, stored, counted: [0; 3] }
        }
        InWindow | Stale => {
            let counted = [0, u64::from(row == Stale && !returns), 0];
            Outcome { gets: nothing, runs: 1, stored, counted }
        }
        Usable | Expired if is_detached && matches!(course, Slow | LoadTimeout) => {
            let counted = [0, u64::from(course == LoadTimeout), 1];
            Outcome { gets: Gets::Value(OLD), runs: 1, stored, counted }
        }
        Usable | Expired => {
            let counted = [0, u64::from(!returns), 0];
            Outcome { gets: nothing, runs: 1, stored, counted }
        }
        Gone | Invalidated => {
            let gets = match course {
                Course::Err => Gets::Failed,
                Panic => Gets::Panic,
                LoadTimeout => Gets::Slow,
                _ => Gets::Value(NEW),
            };
            Outcome { gets, runs: 1, stored, counted: [0; 3] }
        }
    }
}

impl Row {
    /// Returns the state as `docs/freshness.md` names it.
    fn words(self) -> &'static str {
        match self {
            Self::Fresh => "fresh, before the window",
            Self::InWindow => "fresh, in the window",
            Self::Stale => "stale",
            Self::HeldOff => "usable on error, before the next load is due",
            Self::Usable => "usable on error",
            Self::Gone => "gone",
            Self::Invalidated => "invalidated",
            Self::Expired => "expired by `expire`",
        }
    }
}

impl Outcome {
    /// Returns a cell of the table.
    fn words(&self) -> String {
        let gets = match self.gets {
            Gets::Value(OLD) => "old",
            Gets::Value(_) => "new",
            Gets::Failed => "its error",
            Gets::Slow => "a timeout",
            Gets::Panic => "its panic",
            Gets::Nothing => "nothing",
        };
        let stored = match self.stored {
            Some(NEW) if self.gets != Gets::Value(NEW) => ", and new is stored",
            _ => "",
        };
        let load = if self.runs == 0 { ", no load" } else { "" };
        format!("{gets}{load}{stored}")
    }
}

/// Returns the table of `docs/freshness.md`: for each row, and with `detach` and without, what each
/// course of the load leads to.
fn table() -> String {
    let head = "| state of what is stored | `detach` | `Ok` | `Err` | panic | slower than `soft_timeout` | the \
                caller goes away | slower than `load_timeout` |\n|---|---|---|---|---|---|---|---|\n";
    let rows = ROWS.into_iter().flat_map(|row| [false, true].map(|is_detached| (row, is_detached)));
    let line = |(row, is_detached): (Row, bool)| {
        let cells = COURSES.map(|course| right(row, course, is_detached).words()).join(" | ");
        let detach = if is_detached { "with" } else { "without" };
        format!("| {} | {detach} | {cells} |\n", row.words())
    };
    head.to_owned() + &rows.map(line).collect::<String>()
}

#[test]
fn the_table_of_the_docs_is_the_one_that_is_tested() {
    crate::config_docs::compare_table("docs/freshness.md", &table());
}

/// One key, and the function that is called by it.
#[derive(Clone, Copy)]
struct Case {
    row: Row,
    course: Course,
    is_detached: bool,
    id: u64,
}

impl Case {
    async fn call(self, origin: &Arc<Origin>, base: usize) -> Result<usize, Error> {
        if self.is_detached {
            detached(self.id, origin, base).await
        } else {
            inline(self.id, origin, base).await
        }
    }

    async fn peek(self) -> Option<usize> {
        if self.is_detached { detached::peek(self.id).await } else { inline::peek(self.id).await }
    }

    fn begin(self, origin: &Arc<Origin>) -> JoinHandle<Result<usize, Error>> {
        let origin = Arc::clone(origin);
        spawn(async move { self.call(&origin, NEW - 1).await })
    }

    fn counted(self) -> [u64; 3] {
        let cache = if self.is_detached { detached::cache() } else { inline::cache() };
        let freshness = cache.stats().freshness;
        [freshness.stale, freshness.on_error, freshness.on_timeout]
    }

    /// Stores the old value, and brings it into the state of the row.
    async fn prepare(self, node: &Caches) {
        assert_eq!(self.call(&Origin::new(), OLD - 1).await, Ok(OLD));
        let advance = |seconds| node.clock().advance(SECOND * seconds);
        match self.row {
            Row::Fresh => advance(40),
            Row::InWindow => advance(50),
            Row::Stale => advance(70),
            Row::Usable => advance(100),
            Row::HeldOff => {
                advance(100);
                let origin = Origin::new();
                origin.will([Act::Fail]);
                assert_eq!(self.call(&origin, 0).await, Ok(OLD));
            }
            Row::Gone => advance(361),
            Row::Invalidated if self.is_detached => _ = detached::invalidate(self.id).await,
            Row::Invalidated => _ = inline::invalidate(self.id).await,
            Row::Expired if self.is_detached => _ = detached::expire(self.id).await,
            Row::Expired => _ = inline::expire(self.id).await,
        }
    }

    /// Makes the call, and lets its load take its course.
    async fn run(self, node: &Caches) -> Outcome {
        self.prepare(node).await;
        let before = self.counted();
        let waits = !matches!(self.course, Course::Ok | Course::Err | Course::Panic);
        let origin = if waits { Origin::held_back() } else { Origin::new() };
        match self.course {
            Course::Err => origin.will([Act::Fail]),
            Course::Panic => origin.will([Act::Panic]),
            _ => {}
        }
        let caller = self.begin(&origin);
        if waits {
            let runs_or_needs_none = || {
                let needs_none = right(self.row, self.course, self.is_detached).runs == 0;
                origin.runs() == 1 || (needs_none && caller.is_finished())
            };
            until(runs_or_needs_none).await;
        }
        let gets = self.end(node, &origin, caller).await;
        let stored = right(self.row, self.course, self.is_detached).stored;
        self.settled(&origin, stored).await;
        let after = self.counted();
        let counted = std::array::from_fn(|index| after[index] - before[index]);
        Outcome { gets, runs: origin.runs(), stored: self.peek().await, counted }
    }

    async fn end(
        self,
        node: &Caches,
        origin: &Origin,
        caller: JoinHandle<Result<usize, Error>>,
    ) -> Gets {
        match self.course {
            Course::Slow => {
                node.clock().advance(SECOND);
                if right(self.row, self.course, self.is_detached).gets == Gets::Value(OLD) {
                    until(|| caller.is_finished()).await;
                }
                origin.probe.open();
            }
            Course::Cancelled => {
                caller.abort();
                until(|| caller.is_finished()).await;
                if self.is_detached {
                    origin.probe.open();
                } else {
                    until(|| origin.probe.running() == 0).await;
                }
            }
            Course::LoadTimeout => {
                node.clock().advance(SECOND);
                if self.is_detached && right(self.row, self.course, true).gets == Gets::Value(OLD) {
                    until(|| caller.is_finished()).await;
                }
                node.clock().advance(LOAD_TIMEOUT.saturating_sub(SECOND));
            }
            Course::Ok | Course::Err | Course::Panic => {}
        }
        let ended = tokio::time::timeout(LONG, caller).await.expect("the call ends");
        match ended {
            Ok(Ok(value)) => Gets::Value(value),
            Ok(Err(Error::Failed)) => Gets::Failed,
            Ok(Err(Error::Slow)) => Gets::Slow,
            Err(error) if error.is_panic() => Gets::Panic,
            Err(_) => Gets::Nothing,
        }
    }

    /// Waits until the load is over and what it leads to is stored.
    async fn settled(self, origin: &Origin, stored: Option<usize>) {
        let runs = right(self.row, self.course, self.is_detached).runs;
        until(|| origin.runs() >= runs && origin.probe.running() == 0).await;
        // A task may have something to do after its function has returned.
        let settled = async {
            while self.peek().await != stored {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let _ = tokio::time::timeout(LONG, settled).await;
    }
}

pub(crate) async fn every_row_with_every_course_of_its_load(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let mut id = 0;
        for (row, course) in ROWS.into_iter().flat_map(|row| COURSES.map(|course| (row, course))) {
            for is_detached in [false, true] {
                id += 1;
                let case = Case { row, course, is_detached, id };
                let outcome = case.run(&node).await;
                let right = right(row, course, is_detached);
                assert_eq!(outcome, right, "{row:?}, {course:?}, detached: {is_detached}");
            }
        }
    })
    .await;
}
