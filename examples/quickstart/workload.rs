//! The order of the calls: a seeded draw in which few lines are popular.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use fastrand::Rng;

pub(crate) struct Workload {
    lines: Vec<String>,
    /// Indices into `lines`, in the order of the calls.
    calls: Vec<usize>,
    /// Number of the lines.
    count: u32,
}

impl Workload {
    /// Draws so many calls by Zipf's law: the n-th favourite is asked for 1/n as often as the
    /// first. The favourites are random, and do not depend on the order of the file.
    pub(crate) fn draw(mut lines: Vec<String>, calls: u32, seed: u32) -> Self {
        let mut random = Rng::with_seed(seed.into());
        random.shuffle(&mut lines);
        let mut total = 0.0;
        let shares = (1_u32..).take(lines.len()).map(|rank| {
            total += 1.0 / f64::from(rank);
            total
        });
        let up_to: Vec<f64> = shares.collect();
        let last = lines.len() - 1;
        let mut draw = || {
            let at = random.f64() * total;
            up_to.partition_point(|share| *share <= at).min(last)
        };
        Self { calls: (0..calls).map(|_| draw()).collect(), count: calls, lines }
    }

    /// Returns the text of the `index`-th call, if there are so many.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.calls.get(index).map(|line| &*self.lines[*line])
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines.len() as u64
    }

    pub(crate) fn calls(&self) -> u32 {
        self.count
    }

    /// Returns the number of different texts in the calls. A line that the file has twice is one
    /// text.
    pub(crate) fn distinct(&self) -> u64 {
        self.texts().collect::<HashSet<_>>().len() as u64
    }

    /// Returns the text that is asked for most.
    pub(crate) fn favourite(&self) -> &str {
        self.favourites(1).first().map_or("", |(text, _)| text)
    }

    /// Returns the `n` texts that are asked for most, each with its number of calls.
    pub(crate) fn favourites(&self, n: usize) -> Vec<(&str, u64)> {
        let mut counts = HashMap::new();
        for text in self.texts() {
            *counts.entry(text).or_insert(0_u64) += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(text, count)| (Reverse(*count), *text));
        counts.truncate(n);
        counts
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().map(|line| &*self.lines[*line])
    }
}
