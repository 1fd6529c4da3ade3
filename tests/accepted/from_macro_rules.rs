macro_rules! load {
    ($name:ident, $ttl:literal, $cache:expr, $param:ident: $ty:ty, $field:expr) => {
        #[cachery::cached(name = $cache, ttl = $ttl, key($field, extra))]
        async fn $name($param: $ty, extra: u8) -> u64 {
            u64::from(extra) + $param
        }
    };
}

load!(order, "5m", "orders-by-macro", id: u64, id);

macro_rules! with_body {
    ($name:ident, $body:block) => {
        #[cachery::cached(ttl = 60)]
        async fn $name(id: u64) -> u64 $body
    };
}

with_body!(constant, { 2 });

macro_rules! with_cost {
    ($name:ident, $cost:expr) => {
        #[cachery::cached(ttl = 60, cost = $cost)]
        async fn $name(id: u64) -> u64 {
            id
        }
    };
}

with_cost!(paid_alike, 0.03);
with_cost!(paid_by_value, |value| if *value > 1 { 0.5 } else { 0.1 });

#[test]
fn compiles() {
    drop(paid_alike(1));
    drop(paid_by_value(1));
    drop(order(1, 2));
    drop(order::peek(1, 2));
    drop(constant(1));
}
