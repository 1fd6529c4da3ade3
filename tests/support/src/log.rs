//! A `tracing` subscriber that keeps what is logged.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use tracing::Dispatch;
use tracing_subscriber::{
    Registry,
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt as _,
};

/// Subscribers that live as long as the process. While `tracing` knows one subscriber only, a thread
/// without one that comes to an event first turns the event off for all threads.
static OTHERS: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Dispatch::new(Registry::default())));

/// All lines so far, with their fields and spans. A span is a line when it closes.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The text of all lines.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no writer panics")).into_owned()
    }

    /// Number of lines with `part` in them.
    pub fn count(&self, part: &str) -> usize {
        self.text().lines().filter(|line| line.contains(part)).count()
    }

    /// Keeps what this thread logs at any level, until the guard is dropped.
    pub fn of_thread(&self) -> tracing::subscriber::DefaultGuard {
        LazyLock::force(&OTHERS);
        self.subscriber().set_default()
    }

    /// Keeps what the process logs at any level, for good. A process can have one such log.
    pub fn of_process(&self) {
        self.subscriber().init();
    }

    fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish()
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
