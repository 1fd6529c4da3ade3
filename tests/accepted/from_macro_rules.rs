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

#[test]
fn compiles() {
    drop(order(1, 2));
    drop(order::peek(1, 2));
    drop(constant(1));
}
