//! The loads: how many keys there are, and which of them is asked for next.

use std::fmt;

/// A number of keys, and the order in which they are asked for.
pub struct Load {
    texts: Vec<String>,
    order: Order,
}

#[derive(Clone, Copy)]
enum Order {
    /// Each key as often as any other, at random.
    Uniform,
    /// Some far more often than others: the n-th by 1 / n^0.99.
    Zipf,
}

/// The exponent of the loads that are skewed.
const SKEW: f64 = 0.99;

impl Load {
    /// All loads of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let small = [100, 1_000, 10_000].map(|keys| (keys, Order::Uniform));
        let large = [100_000, 1_000_000].map(|keys| (keys, Order::Zipf));
        small.into_iter().chain(large).map(|(keys, order)| Self {
            texts: (0..keys).map(|n| format!("review number {n}")).collect(),
            order,
        })
    }

    pub fn text(&self, key: u32) -> &str {
        &self.texts[key as usize]
    }

    /// Each key twice.
    pub fn each_key(&self) -> Vec<u32> {
        let keys = 0..self.texts.len() as u32;
        keys.clone().chain(keys).collect()
    }

    /// `count` keys in the order of a round.
    pub fn hits(&self, round: usize, count: usize) -> Vec<u32> {
        let mut random = fastrand::Rng::with_seed(round as u64);
        let keys = self.texts.len();
        match self.order {
            Order::Uniform => (0..count).map(|_| random.u32(0..keys as u32)).collect(),
            Order::Zipf => {
                let sums = zipf_sums(keys);
                let total = sums[keys - 1];
                let draw = |_| {
                    let at = random.f64() * total;
                    sums.partition_point(|sum| *sum < at) as u32
                };
                // A key's rank says nothing of its place in memory.
                (0..count).map(draw).map(|rank| scattered(rank, keys)).collect()
            }
        }
    }
}

/// The sums of the weights of the first keys.
fn zipf_sums(keys: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let weights = (1..=keys).map(|rank| (rank as f64).powf(-SKEW));
    weights
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}

/// Another key for each rank: the factor is prime and larger than any number of keys.
fn scattered(rank: u32, keys: usize) -> u32 {
    (u64::from(rank) * 15_485_863 % keys as u64) as u32
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Uniform => "uniform",
            Order::Zipf => "Zipf 0.99",
        };
        write!(f, "{} keys, {order}", self.texts.len())
    }
}
