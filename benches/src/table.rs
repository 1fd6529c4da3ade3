//! The tables of hits.

use cachery_benches::{Aim, Spread, report};

use crate::measure::{Measured, Sample, all};

/// All rounds of one contender with one load.
#[derive(Default)]
pub struct Row {
    nanos: Vec<f64>,
    allocations: Vec<f64>,
}

impl Row {
    pub fn add(&mut self, sample: Sample) {
        self.nanos.push(sample.nanos);
        self.allocations.push(sample.allocations);
    }

    /// The median nanoseconds.
    pub fn median(&self) -> f64 {
        self.nanos().median()
    }

    fn nanos(&self) -> Spread {
        Spread::new(self.nanos.iter().copied())
    }

    fn allocations(&self) -> String {
        format!("{:.2}", Spread::new(self.allocations.iter().copied()).median())
    }

    /// Returns the time, and in brackets how many times as long `ours` takes: the median of the
    /// round-by-round ratios.
    fn beside(&self, ours: &Self, aim: Option<Aim>) -> String {
        let ratio = format!("{:.2}", Spread::of_ratios(&ours.nanos, &self.nanos).median());
        let ratio = aim.map_or(ratio.clone(), |aim| aim.mark(&ratio));
        format!("{} ({ratio})", self.nanos().text(0))
    }
}

/// The rounds of all contenders with one load.
pub struct Line {
    pub name: String,
    /// The number of keys, where the line has an aim.
    pub keys: Option<usize>,
    /// In the order of the contenders.
    pub rows: Vec<Row>,
}

impl Line {
    pub fn new(name: String, keys: Option<usize>) -> Self {
        let rows = all().iter().map(|_| Row::default()).collect();
        Self { name, keys, rows }
    }

    /// Adds a round, in which each contender has its turn.
    pub fn round(&mut self, measure: impl Fn(&dyn Measured) -> Sample) {
        for (row, contender) in self.rows.iter_mut().zip(all()) {
            row.add(measure(contender));
        }
    }

    fn cells(&self) -> Vec<String> {
        let ours = &self.rows[0];
        let peers = self.rows.iter().zip(all()).skip(1).map(|(row, contender)| {
            row.beside(ours, self.keys.and_then(|keys| aim(contender.word(), keys)))
        });
        [self.name.clone(), ours.nanos().text(0)].into_iter().chain(peers).collect()
    }
}

/// Returns the most that ours should take, as a multiple of a contender.
fn aim(contender: &str, keys: usize) -> Option<Aim> {
    let [small, medium, large] = match contender {
        "locked" => [0.45, 0.6, 0.85],
        "quick" => [2.4, 2.1, 1.5],
        _ => return None,
    };
    Some(Aim(match keys {
        ..=1_000 => small,
        1_001..=10_000 => medium,
        _ => large,
    }))
}

/// Returns a table in Markdown: a line for each load, a column for each contender.
pub fn times(head: &str, lines: &[Line]) -> String {
    report::table(&columns(head), lines.iter().map(Line::cells))
}

/// Returns a row of a table that [`times`] has begun: the allocations of a call.
pub fn allocations(line: &Line) -> String {
    let cells: Vec<_> = line.rows.iter().map(Row::allocations).collect();
    format!("| allocations a hit | {} |\n", cells.join(" | "))
}

fn columns(head: &str) -> Vec<&str> {
    [head].into_iter().chain(all().map(|contender| contender.name())).collect()
}
