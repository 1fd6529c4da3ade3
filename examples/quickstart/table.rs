//! The table at the end, and the sums that check it.

use std::{
    fmt::{self, Formatter},
    time::Duration,
};

use cachery::stats::Stats;
use indicatif::HumanCount;

use crate::{analyze, calls::Pass, options::Options, scorer::Sentiment, workload::Workload};

/// Widths of the first column and of the others.
const LABEL: usize = 20;
const CELL: usize = 19;
/// The title of the run after a line was invalidated.
pub(crate) const AFTER_INVALIDATE: &str = "after invalidate";
/// The largest part of a line that is shown.
const EXCERPT: usize = 45;

pub(crate) struct Summary<'a> {
    pub(crate) source: &'a str,
    pub(crate) options: &'a Options,
    pub(crate) work: &'a Workload,
    /// The runs. The last two had the cache.
    pub(crate) passes: &'a [Pass],
    pub(crate) outage: &'a Outage,
}

/// The runs while the model fails.
pub(crate) struct Outage {
    pub(crate) uncached: Pass,
    /// With the cache, whose values have all expired.
    pub(crate) cached: Pass,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.introduction(f)?;
        self.table(f)?;
        if let [.., Pass { stats: Some(first), took, .. }, Pass { stats: Some(second), .. }] =
            self.passes
        {
            self.sums(f, first, *took)?;
            after_invalidation(f, second)?;
            self.in_the_outage(f)?;
            self.evictions(f, first)
        } else {
            let off = "Nothing was cached: CACHE_ENABLED or CACHE_SENTIMENT_ENABLED is false. Unset it and compare.";
            writeln!(f, "\n{off}")
        }
    }
}

impl Summary<'_> {
    fn introduction(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Options { delay, callers, .. } = self.options;
        let (calls, callers) = (many(self.work.calls(), "call"), many(*callers, "caller"));
        writeln!(f, "\n{} of text in {}.", many(self.work.lines(), "line"), self.source)?;
        writeln!(f, "{calls} by {callers} of a function that takes {delay} ms,")?;
        writeln!(f, "for {}; most of all for", many(self.work.distinct(), "different line"))?;
        for (text, times) in self.work.favourites(3) {
            let Sentiment { label, score } = Sentiment::of(text);
            writeln!(f, "{:>9} x {label:>9} {score:+.2}  {}", count(times), excerpt(text))?;
        }
        writeln!(f)
    }

    fn table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.row(f, "", |pass| pass.title.to_owned())?;
        self.row(f, "calls", |_| count(self.work.calls()))?;
        self.row(f, "hits", |pass| counted(pass, |stats| count(stats.hits)))?;
        self.row(f, "misses", |pass| counted(pass, |stats| count(stats.misses)))?;
        self.row(f, "  loads", |pass| counted(pass, |stats| count(stats.loads)))?;
        self.row(f, "  coalesced", |pass| counted(pass, |stats| count(stats.coalesced)))?;
        self.row(f, "hit ratio", |pass| counted(pass, |stats| percent(stats.hit_ratio())))?;
        self.row(f, "function ran", |pass| count(pass.requests))?;
        self.row(f, "time taken", |pass| time(pass.took))?;
        self.row(f, "time saved by hits", |pass| counted(pass, |stats| time(stats.time_saved)))?;
        self.row(f, "if the model fails", |pass| match (&pass.stats, pass.title) {
            (None, _) => failing(&self.outage.uncached),
            (Some(_), AFTER_INVALIDATE) => "-".to_owned(),
            (Some(_), _) => failing(&self.outage.cached),
        })
    }

    fn row(
        &self,
        f: &mut Formatter<'_>,
        label: &str,
        cell: impl Fn(&Pass) -> String,
    ) -> fmt::Result {
        write!(f, "{label:<LABEL$}")?;
        self.passes.iter().try_for_each(|pass| write!(f, "{:>CELL$}", cell(pass)))?;
        writeln!(f)
    }

    /// The options with which a reader gets the same numbers.
    fn sums(&self, f: &mut Formatter<'_>, stats: &Stats, took: Duration) -> fmt::Result {
        let Options { delay, callers, .. } = self.options;
        let (calls, callers) = (many(self.work.calls(), "call"), many(*callers, "caller"));
        let uncached = self.options.time_uncached(self.work.calls());
        let (slow, tried) = match self.passes {
            [first, _, _] => (first.took, format!("took {}", time(first.took))),
            _ => (uncached, "too long to try".to_owned()),
        };
        let factor = slow.as_secs_f64() / took.as_secs_f64();
        let (hits, loads) = (many(stats.hits, "hit"), many(stats.loads, "load"));
        let (load, saved) = (time(stats.mean_load_time()), time(stats.time_saved));
        let each = time(stats.time_saved / self.options.callers);
        writeln!(f, "\nTo check by hand:")?;
        writeln!(
            f,
            "  {calls} x {delay} ms / {callers} = {} without a cache ({tried})",
            time(uncached)
        )?;
        writeln!(
            f,
            "  {} / {} with the cache = {factor:.1} times as fast",
            time(slow),
            time(took)
        )?;
        writeln!(f, "  {hits} / {calls} = hit ratio {}", percent(stats.hit_ratio()))?;
        writeln!(f, "  {loads} for {}", many(self.work.distinct(), "different line"))?;
        writeln!(
            f,
            "  {} coalesced: they waited for another's load of their line",
            many(stats.coalesced, "call")
        )?;
        writeln!(f, "  {hits} x {load}, the mean load = about {saved} saved, {each} by each caller")
    }

    /// Counts the calls that a value past its time has served.
    fn in_the_outage(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Pass { requests, errors, .. } = &self.outage.cached;
        writeln!(
            f,
            "  all values have expired and the model fails: it was asked {}, {}, the old values served",
            many(*requests, "time"),
            many(*errors, "error")
        )
    }

    /// Explains why there are more loads than lines, where there are.
    fn evictions(&self, f: &mut Formatter<'_>, stats: &Stats) -> fmt::Result {
        if stats.evictions.size == 0 {
            return Ok(());
        }
        let (dropped, capacity) =
            (count(stats.evictions.size), count(analyze::cache().policy().capacity));
        let needed = self.work.distinct();
        writeln!(
            f,
            "  dropped to keep within the capacity of {capacity}: {dropped}, some to be loaded again;"
        )?;
        writeln!(f, "  set CACHE_SENTIMENT_CAPACITY={needed} to keep them all")
    }
}

fn after_invalidation(f: &mut Formatter<'_>, stats: &Stats) -> fmt::Result {
    let (loads, coalesced) = (many(stats.loads, "load"), many(stats.coalesced, "call"));
    writeln!(
        f,
        "  after `analyze::invalidate` of the favourite line: {loads}, {coalesced} coalesced"
    )
}

/// Tells what callers got while the model failed.
fn failing(pass: &Pass) -> String {
    match &pass.stats {
        Some(stats) if pass.errors == 0 => format!("{} stale", count(stale(stats))),
        _ => many(pass.errors, "error"),
    }
}

/// Returns the number of calls that a value past its time has served.
fn stale(stats: &Stats) -> u64 {
    let freshness = &stats.freshness;
    freshness.stale + freshness.on_error + freshness.on_timeout
}

/// A number that the cache counted, unless it was off.
fn counted(pass: &Pass, show: impl Fn(&Stats) -> String) -> String {
    pass.stats.as_ref().map_or_else(|| "-".to_owned(), show)
}

fn count(number: impl Into<u64>) -> String {
    HumanCount(number.into()).to_string()
}

/// `1 hit`, `2 hits`.
fn many(number: impl Into<u64>, thing: &str) -> String {
    let number = number.into();
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Returns the beginning of a line, without control characters, which could move a terminal's
/// cursor.
fn excerpt(text: &str) -> String {
    let mut safe = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let start: String = safe.by_ref().take(EXCERPT).collect();
    if safe.next().is_some() { start + "…" } else { start }
}
