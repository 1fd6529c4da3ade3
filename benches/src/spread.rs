//! Figures of several rounds.

/// The figures of several rounds, in order.
pub struct Spread(Vec<f64>);

impl Spread {
    /// Takes the figure of each round.
    pub fn new(rounds: impl IntoIterator<Item = f64>) -> Self {
        let mut rounds: Vec<_> = rounds.into_iter().collect();
        rounds.sort_by(f64::total_cmp);
        Self(rounds)
    }

    /// Takes the ratios of two sides, round by round.
    pub fn of_ratios(these: &[f64], those: &[f64]) -> Self {
        Self::new(these.iter().zip(those).map(|(this, that)| this / that))
    }

    pub fn median(&self) -> f64 {
        self.quarter(2)
    }

    /// Half the width of the middle half.
    fn half_width(&self) -> f64 {
        (self.quarter(3) - self.quarter(1)) / 2.0
    }

    fn quarter(&self, quarter: usize) -> f64 {
        self.0[self.0.len() * quarter / 4]
    }

    /// Returns the median and the half width of the middle half, `151 ±4`.
    pub fn text(&self, decimals: usize) -> String {
        format!("{:.decimals$} ±{:.decimals$}", self.median(), self.half_width())
    }
}

/// The most that a figure should be.
#[derive(Clone, Copy)]
pub struct Aim(pub f64);

impl Aim {
    /// Returns the figure beside its aim, in bold type where it misses: as the table shows it.
    pub fn mark(self, figure: &str) -> String {
        let Self(most) = self;
        let value = figure.split(' ').next().and_then(|number| number.parse::<f64>().ok());
        match value.is_some_and(|value| value <= most) {
            true => format!("{figure}, aim {most}"),
            false => format!("**{figure}**, aim {most}"),
        }
    }
}
