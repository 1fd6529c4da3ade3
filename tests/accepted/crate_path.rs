mod framework {
    pub mod deep {
        pub use ::cachery::__private;
        pub use ::cachery::*;
    }
}

// Would be named without `crate = ..`.
mod cachery {}

#[framework::deep::cached(ttl = 60, crate = self::framework::deep)]
async fn double(n: Id) -> u64 {
    n.0 * 2
}

#[derive(framework::deep::CacheKey)]
#[cache_key(crate = self::framework::deep)]
struct Id(u64);

async fn used() {
    double(Id(1)).await;
    double::invalidate(Id(1)).await;
}

#[test]
fn compiles() {
    drop(used());
}
