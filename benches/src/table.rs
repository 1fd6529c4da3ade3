//! The table.

/// One round of one contender.
pub struct Sample {
    pub nanos: f64,
    pub allocations: f64,
}

/// All rounds of one contender.
pub struct Row {
    name: &'static str,
    samples: Vec<Sample>,
}

impl Row {
    pub fn new(name: &'static str) -> Self {
        Self { name, samples: Vec::new() }
    }

    pub fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    fn nanos(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|sample| sample.nanos)
    }
}

/// Prints all rows; the first is the yardstick.
pub fn print(title: &str, rows: &[Row]) {
    println!("\n{title:34} {:>10} {:>10} {:>8} {:>12}", "median ns", "best ns", "ratio", "allocations");
    for row in rows {
        let ratio = median(row.nanos().zip(rows[0].nanos()).map(|(ours, yardstick)| ours / yardstick));
        let best = row.nanos().fold(f64::MAX, f64::min);
        let allocations = median(row.samples.iter().map(|sample| sample.allocations));
        println!(
            "{:34} {:>10.1} {best:>10.1} {ratio:>8.2} {allocations:>12.3}",
            row.name,
            median(row.nanos())
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
