//! Names of companions beside other items of the same names.

/// A module beside a cached function.
pub mod module {
    use cachery::cached;

    pub mod config {
        pub const SIZE: u64 = 3;
    }

    #[cached(name = "my-config", ttl = 60, companions = config_cache)]
    pub async fn config(id: u64) -> u64 {
        id + config::SIZE
    }

    pub async fn used() -> Option<u64> {
        config(1).await;
        config_cache::refresh(1).await;
        config_cache::invalidate(1).await;
        config_cache::peek(1).await
    }
}

/// An imported module beside a cached function without companions.
pub mod imported {
    use std::time;

    use cachery::cached;

    #[cached(ttl = 60, companions = none)]
    pub async fn time(id: u64) -> time::Duration {
        time::Duration::from_secs(id)
    }

    pub async fn used() -> time::Duration {
        time(1).await
    }
}

/// A struct beside a cached function, and one that a test alone has.
pub mod structure {
    use cachery::{cached, invalidate};

    #[allow(non_camel_case_types)]
    pub struct order {
        pub id: u64,
    }

    #[cfg(any())]
    pub struct part {}

    // The next line is a comment.
    // struct price
    pub const ABOUT: &str = "
    struct weight
    ";

    #[cached(ttl = 60, companions = order_cache)]
    pub async fn order(id: u64) -> u64 {
        order { id }.id
    }

    #[cached(ttl = 60)]
    pub async fn part(id: u64) -> u64 {
        id
    }

    #[cached(ttl = 60)]
    pub async fn price(id: u64) -> u64 {
        id
    }

    #[cached(ttl = 60)]
    pub async fn weight(id: u64) -> u64 {
        id
    }

    #[invalidate(order_cache(id))]
    pub async fn cancel(id: u64) {
        _ = id;
    }

    pub async fn used() {
        cancel(1).await;
        part::peek(1).await;
        price::peek(1).await;
        weight::peek(1).await;
    }
}

/// Methods that have the names of companions.
pub mod methods {
    use cachery::{cached, invalidate};

    pub struct Repo;

    impl Repo {
        #[cached(ttl = 60, skip(self), companions = cached_order)]
        pub async fn order(&self, id: u64) -> u64 {
            id
        }

        pub async fn order_refresh(&self, id: u64) -> u64 {
            Self::cached_order_peek(id).await.unwrap_or(id)
        }

        #[cached(ttl = 60, skip(self), companions = none)]
        pub async fn price(&self, id: u64) -> Option<u64> {
            id.checked_sub(Self::price_peek())
        }

        pub fn price_peek() -> u64 {
            1
        }

        #[invalidate(self.cached_order(id))]
        pub async fn cancel(&self, id: u64) {
            _ = id;
        }
    }
}

#[test]
fn compiles() {
    drop(module::used());
    drop(imported::used());
    drop(structure::used());
    drop(methods::Repo.cancel(1));
}
