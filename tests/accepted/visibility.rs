mod store {
    pub mod orders {
        use cachery::cached;

        #[cached(ttl = 60)]
        pub(in crate::accepted::visibility::store) async fn order(id: u64) -> u64 {
            id
        }

        #[cached(ttl = 60)]
        pub async fn line(id: u64) -> u64 {
            id
        }
    }

    pub async fn used() {
        orders::order(1).await;
        orders::order::invalidate(1).await;
    }
}

use store::orders::line;

#[test]
fn compiles() {
    drop(store::used());
    drop(line(1));
    drop(line::peek(1));
}
