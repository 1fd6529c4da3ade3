//! The table of hits.

use std::fmt::{self, Write as _};

use crate::contenders::NAMES;

/// One round of one contender.
pub struct Sample {
    pub nanos: f64,
    pub allocations: f64,
}

/// All rounds of one contender with one load.
#[derive(Default)]
pub struct Row {
    samples: Vec<Sample>,
}

impl Row {
    pub fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    fn nanos(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|sample| sample.nanos)
    }

    fn allocations(&self) -> f64 {
        median(self.samples.iter().map(|sample| sample.allocations))
    }

    /// The median of the round-by-round ratios to another contender.
    fn ratio_to(&self, other: &Self) -> f64 {
        median(self.nanos().zip(other.nanos()).map(|(these, those)| these / those))
    }
}

/// A line for each load; a column for each contender, of which the first is ours.
pub struct Table(Vec<(String, Vec<Row>)>);

impl Table {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn add(&mut self, load: &str, rows: Vec<Row>) {
        eprintln!("{load}: measured");
        self.0.push((load.to_owned(), rows));
    }
}

impl Table {
    /// Returns Markdown: the median nanoseconds, and in brackets how many times as long ours takes.
    pub fn times(&self) -> String {
        let mut table = format!("| ns a hit | {} |\n", NAMES.join(" | "));
        writeln!(table, "|---|{}", "---|".repeat(NAMES.len())).expect(TAKES_ALL);
        for (load, rows) in &self.0 {
            let ours = &rows[0];
            write!(table, "| {load} | {:.0} |", median(ours.nanos())).expect(TAKES_ALL);
            for peer in &rows[1..] {
                let nanos = median(peer.nanos());
                write!(table, " {nanos:.0} ({:.2}) |", ours.ratio_to(peer)).expect(TAKES_ALL);
            }
            table.push('\n');
        }
        table
    }
}

const TAKES_ALL: &str = "a string takes all";

/// Writes the times, and the allocations of a hit.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.times())?;
        let (_, rows) = self.0.last().expect("there are loads");
        let allocations: Vec<_> =
            rows.iter().map(|row| format!("{:.2}", row.allocations())).collect();
        writeln!(f, "| allocations a hit | {} |", allocations.join(" | "))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
