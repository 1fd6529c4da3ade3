//! The default key: all arguments, in their order.

use cachery::cached;

use super::{Runs, alone};

#[cached(name = "standards-none", ttl = 60, skip(runs))]
async fn of_none(runs: &Runs) -> u64 {
    runs.next()
}

#[cached(name = "standards-one", ttl = 60, skip(runs))]
async fn of_one(runs: &Runs, id: u64) -> u64 {
    _ = id;
    runs.next()
}

#[cached(name = "standards-many", ttl = 60, skip(runs))]
async fn of_many(runs: &Runs, from: u64, to: u64, note: Option<&str>) -> u64 {
    _ = (from, to, note);
    runs.next()
}

#[cached(name = "standards-picked", ttl = 60, skip(runs, trace))]
async fn picked(runs: &Runs, id: u64, trace: &str) -> u64 {
    _ = (id, trace);
    runs.next()
}

mod orders {
    use cachery::cached;

    #[cached(name = "standards-orders", ttl = 60)]
    pub(super) async fn get(id: u64) -> String {
        format!("order {id}")
    }
}

mod users {
    use cachery::cached;

    #[cached(name = "standards-users", ttl = 60)]
    pub(super) async fn get(id: u64) -> String {
        format!("user {id}")
    }
}

#[tokio::test]
async fn the_default_key_of_no_arguments_is_one_key() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((of_none(&runs).await, of_none(&runs).await), (1, 1));
        of_none::invalidate().await;
        assert_eq!(of_none(&runs).await, 2);
    })
    .await;
}

#[tokio::test]
async fn the_default_key_of_one_argument_is_the_argument() {
    alone(async {
        let runs = Runs::default();
        assert_eq!(
            (of_one(&runs, 1).await, of_one(&runs, 2).await, of_one(&runs, 1).await),
            (1, 2, 1)
        );
    })
    .await;
}

#[tokio::test]
async fn the_default_key_of_many_arguments_is_all_of_them_in_their_order() {
    alone(async {
        let runs = Runs::default();
        assert_eq!(of_many(&runs, 1, 2, None).await, 1);
        assert_eq!(of_many(&runs, 2, 1, None).await, 2, "swapped");
        assert_eq!(
            of_many(&runs, 1, 2, Some("")).await,
            3,
            "an absent argument is one like another"
        );
        assert_eq!(of_many(&runs, 1, 3, None).await, 4);
        assert_eq!(of_many(&runs, 1, 2, None).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_ones_own_is_the_whole_key() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((picked(&runs, 1, "a").await, picked(&runs, 1, "b").await), (1, 1));
        assert_eq!(picked(&runs, 2, "a").await, 2);
    })
    .await;
}

#[tokio::test]
async fn equal_keys_of_two_caches_are_two_entries() {
    alone(async {
        assert_eq!(
            (orders::get(1).await, users::get(1).await),
            ("order 1".into(), "user 1".into())
        );
        orders::get::invalidate(1).await;
        assert_eq!(orders::get::peek(1).await, None);
        assert_eq!(users::get::peek(1).await, Some("user 1".into()));
    })
    .await;
}
