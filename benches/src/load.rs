//! The loads: how many keys there are, which of them is asked for next, and by what calls.

use std::fmt;

use crate::contenders::TENANT;

/// A number of keys, the order in which they are asked for, and the calls that ask.
pub struct Load {
    texts: Vec<String>,
    order: Order,
    pub calls: Calls,
    /// [`TENANT`], or the length of a value in bytes.
    pub tenant: u64,
}

#[derive(Clone, Copy)]
enum Order {
    /// Each key as often as any other, at random.
    Uniform,
    /// Some far more often than others: the n-th by 1 / n^0.99.
    Zipf,
    /// All keys, one after another.
    Scan,
}

/// The calls of a load.
#[derive(Clone, Copy)]
pub enum Calls {
    /// Hits that clone a pointer to the value.
    Shared,
    /// Hits that copy the value.
    Owned,
    /// Hits, misses, and invalidations: one of so many calls.
    Invalidate { one_of: usize },
}

/// The exponent of the loads that are skewed.
const SKEW: f64 = 0.99;

impl Load {
    /// The loads that differ in the number of keys.
    pub fn by_keys() -> Vec<Self> {
        let small = [100, 1_000, 10_000].map(|keys| Self::new(keys, Order::Uniform));
        let large = [100_000, 1_000_000].map(|keys| Self::new(keys, Order::Zipf));
        small.into_iter().chain(large).collect()
    }

    /// The loads that differ in order, calls and values.
    pub fn others() -> Vec<Self> {
        let invalidate = Calls::Invalidate { one_of: 20 };
        let values = [16, 1 << 10, 64 << 10];
        let by_value = values.map(|tenant| Self { tenant, ..Self::new(100, Order::Uniform) });
        let owned = Self { calls: Calls::Owned, tenant: 1 << 10, ..Self::new(100, Order::Uniform) };
        [Self::in_order(100_000), Self { calls: invalidate, ..Self::new(10_000, Order::Uniform) }]
            .into_iter()
            .chain(by_value)
            .chain([owned])
            .collect()
    }

    /// The loads of two threads.
    pub fn of_two_threads() -> Vec<Self> {
        let mut loads = Self::by_keys();
        loads.truncate(4);
        loads.push(Self::new(1, Order::Uniform));
        loads
    }

    /// All keys, one after another.
    pub fn in_order(keys: usize) -> Self {
        Self::new(keys, Order::Scan)
    }

    fn new(keys: usize, order: Order) -> Self {
        let texts = (0..keys).map(|n| format!("review number {n}")).collect();
        Self { texts, order, calls: Calls::Shared, tenant: TENANT }
    }

    pub fn keys(&self) -> usize {
        self.texts.len()
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
            Order::Scan => (0..count).map(|n| (n % keys) as u32).collect(),
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
            Order::Uniform if self.keys() == 1 => return f.write_str("one shared key"),
            Order::Uniform => "uniform",
            Order::Zipf => "Zipf 0.99",
            Order::Scan => "in order",
        };
        write!(f, "{} keys, {order}", self.keys())?;
        if self.tenant != TENANT {
            write!(f, ", values of {}", size(self.tenant))?;
        }
        match self.calls {
            Calls::Shared => Ok(()),
            Calls::Owned => f.write_str(" as a `String`"),
            Calls::Invalidate { one_of } => write!(f, ", {} % invalidations", 100 / one_of),
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        _ => format!("{} KiB", bytes / 1024),
    }
}
