//! A `tracing` subscriber that remembers what it was told, fields and span names included.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use tracing_subscriber::{
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt as _,
};

/// All lines so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic in here")).into_owned()
    }

    /// Lines with `part` in them.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.text().lines().filter(|line| line.contains(part)).count()
    }

    /// Remembers what this thread logs from here on, at every level, until the guard is dropped. A span is a line when it
    /// closes.
    #[allow(dead_code, reason = "each test that includes this file needs one of the two")]
    pub(crate) fn of_thread(&self) -> tracing::subscriber::DefaultGuard {
        self.subscriber().set_default()
    }

    /// Remembers what the process logs from here on.
    #[allow(dead_code, reason = "each test that includes this file needs one of the two")]
    pub(crate) fn of_process(&self) {
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
        self.0.lock().expect("no panic in here").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
