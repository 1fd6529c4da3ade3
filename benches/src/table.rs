//! The table of hits.

use std::{fmt, fs};

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

/// Markdown: the median nanoseconds, and in brackets how many times as long ours takes.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| ns a hit | {} |", NAMES.join(" | "))?;
        writeln!(f, "|---|{}", "---|".repeat(NAMES.len()))?;
        for (load, rows) in &self.0 {
            let ours = &rows[0];
            write!(f, "| {load} | {:.0} |", median(ours.nanos()))?;
            for peer in &rows[1..] {
                write!(f, " {:.0} ({:.2}) |", median(peer.nanos()), ours.ratio_to(peer))?;
            }
            writeln!(f)?;
        }
        let (_, rows) = self.0.last().expect("there are loads");
        let allocations: Vec<_> =
            rows.iter().map(|row| format!("{:.2}", row.allocations())).collect();
        writeln!(f, "| allocations a hit | {} |", allocations.join(" | "))
    }
}

/// Writes the table into its place in `BENCHMARKS.md`.
pub fn write(table: &Table) {
    const PATH: &str = "BENCHMARKS.md";
    const BEGIN: &str = "<!-- hits -->\n";
    const END: &str = "<!-- end of hits -->\n";
    let text = fs::read_to_string(PATH).expect("run it in the root of the repository");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where it ends");
    fs::write(PATH, format!("{before}{BEGIN}{table}{END}{after}")).expect("written");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
