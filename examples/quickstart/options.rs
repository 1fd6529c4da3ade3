//! The options of the command line.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::Parser;

/// Calls a slow, cached function for the lines of a text and shows what the cache did.
///
/// Each line is a question to `analyze`, a small sentiment scorer behind a delay
/// that stands for the network. Several callers ask at once; some lines are asked
/// for often and most seldom, as in life: the n-th favourite 1/n as often as the
/// first. Blank lines are left out.
///
/// You will see the same calls made three times - without a cache, with
/// `#[cached]`, and again after the favourite line was invalidated - and then a
/// table of the three, with the sums to check it by hand.
#[derive(Parser)]
#[command(name = "quickstart", override_usage = USAGE, after_help = AFTER_HELP, verbatim_doc_comment)]
pub(crate) struct Options {
    /// A text file, or `-` for standard input [default: a sample of 60 reviews]
    pub(crate) file: Option<PathBuf>,

    /// Number of calls [default: 200 for each line, within 4 seconds; see below]
    #[arg(long, value_name = "NUMBER", value_parser = whole(1..=MOST_CALLS))]
    calls: Option<u32>,

    /// Number of callers at once
    #[arg(long, value_name = "NUMBER", default_value = "64", value_parser = whole(1..=1_000))]
    pub(crate) callers: u32,

    /// Duration of the slow function, in milliseconds
    #[arg(long, value_name = "MS", default_value = "20", value_parser = whole(1..=10_000))]
    pub(crate) delay: u32,

    /// Seed of the random order; the same seed makes the same calls
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = whole(0..=u32::MAX))]
    pub(crate) seed: u32,
}

const USAGE: &str = "cargo run --example quickstart -- [OPTIONS] [FILE]";

const AFTER_HELP: &str = "\
Without a cache the calls take calls x delay / callers. By default there are so
few calls that this is at most 4 seconds, whatever the size of the file. Where
your options make it more than 15 seconds, it is computed but not tried.

The cache is called `sentiment`, and its variables work here, too: try
CACHE_SENTIMENT_CAPACITY=20 or CACHE_ENABLED=false.";

/// The longest time that the default number of calls takes without a cache.
const DEFAULT_TIME: Duration = Duration::from_secs(4);
/// The longest time of a run without a cache.
const PATIENCE: Duration = Duration::from_secs(15);
const CALLS_PER_LINE: usize = 200;
const MOST_CALLS: u32 = 1_000_000;

/// Returns the options of the command line, or `None` when it asked for help and got it.
pub(crate) fn read() -> Result<Option<Options>, String> {
    match Options::try_parse() {
        Ok(options) => Ok(Some(options)),
        Err(error) if error.use_stderr() => Err(one_line(&error.to_string())),
        Err(help) => {
            let _ = help.print();
            Ok(None)
        }
    }
}

/// Shortens an error of clap, which explains in paragraphs, to the mistake and its tip.
fn one_line(message: &str) -> String {
    let lines = message
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let parts: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = parts.join("; ");
    format!("{}; `--help` lists the options", text.strip_prefix("error: ").unwrap_or(&text))
}

/// Reads a number within `range`.
fn whole(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone + Send + Sync {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("give a whole number from {} to {}", range.start(), range.end())),
    }
}

impl Options {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay.into())
    }

    /// Returns the number of calls for a text of so many lines.
    pub(crate) fn calls_for(&self, lines: usize) -> u32 {
        let in_time = DEFAULT_TIME.as_millis() * u128::from(self.callers) / u128::from(self.delay);
        let default = in_time.min((lines * CALLS_PER_LINE) as u128).clamp(1, MOST_CALLS.into());
        self.calls.unwrap_or_else(|| u32::try_from(default).unwrap_or(MOST_CALLS))
    }

    /// Tells whether so many calls can be made without a cache in an acceptable time.
    pub(crate) fn patient_for(&self, calls: u32) -> bool {
        self.time_uncached(calls) <= PATIENCE
    }

    /// Returns the time that so many calls take when each runs the function.
    pub(crate) fn time_uncached(&self, calls: u32) -> Duration {
        self.delay() * calls / self.callers
    }
}
