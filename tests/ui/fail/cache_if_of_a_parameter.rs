use cachery::cached;

#[cached(ttl = 60, cache_if = |value| *value > least)]
async fn double(least: u64) -> u64 {
    least * 2
}

// The closure's own names may be those of parameters.
#[cached(ttl = 60, cache_if = |least| *least > 1)]
async fn triple(least: u64) -> u64 {
    least * 3
}

fn main() {}
