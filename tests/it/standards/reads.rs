//! Reads and puts: the calls that run the function, and the values that are stored.

use cachery::{cache_put, cached};

use super::{Runs, alone};

#[cached(name = "standards-found", ttl = 60, skip(runs))]
async fn found(runs: &Runs, id: u64) -> Option<u64> {
    runs.next();
    Some(id).filter(|id| *id != 0)
}

#[cached(name = "standards-listed", ttl = 60, skip(runs))]
async fn listed(runs: &Runs, id: u64) -> Result<Vec<u64>, String> {
    match (id, runs.next()) {
        (0, run) => Err(run.to_string()),
        _ => Ok(vec![]),
    }
}

#[cached(name = "standards-price", ttl = 60, skip(runs))]
async fn price(runs: &Runs, id: u64) -> u64 {
    _ = id;
    runs.next()
}

#[cache_put(price(_, id))]
async fn reprice(runs: &Runs, id: u64, fail: bool) -> Result<u64, String> {
    let run = runs.next();
    if fail { Err("no".into()) } else { Ok(100 * run) }
}

#[cache_put(found(_, id))]
async fn lose(id: u64) -> Option<u64> {
    None
}

struct Shop(Runs);

impl Shop {
    #[cached(name = "standards-shop", ttl = 60, skip(self))]
    async fn item(&self, id: u64) -> u64 {
        _ = id;
        self.0.next()
    }

    async fn items(&self, ids: &[u64]) -> u64 {
        let mut sum = 0;
        for id in ids {
            sum += self.item(*id).await;
        }
        sum
    }
}

#[tokio::test]
async fn an_absent_result_is_a_value() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((found(&runs, 0).await, found(&runs, 0).await), (None, None));
        assert_eq!(runs.count(), 1);
        assert_eq!(found::peek(0).await, Some(None), "an entry that holds nothing is an entry");
        assert_eq!(found::peek(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn an_empty_result_is_a_value_and_an_error_is_not() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((listed(&runs, 1).await, listed(&runs, 1).await), (Ok(vec![]), Ok(vec![])));
        assert_eq!(listed(&runs, 0).await, Err("2".into()));
        assert_eq!(listed(&runs, 0).await, Err("3".into()), "it is asked again");
    })
    .await;
}

#[tokio::test]
async fn a_put_runs_its_function_each_time_and_a_read_only_where_nothing_is_stored() {
    alone(async {
        let runs = Runs::default();
        assert_eq!(reprice(&runs, 7, false).await, Ok(100));
        assert_eq!(reprice(&runs, 7, false).await, Ok(200));
        assert_eq!((price(&runs, 7).await, price(&runs, 7).await), (200, 200), "the last put");
        assert_eq!(runs.count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_put_replaces_what_a_read_stored_and_no_other_entry() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((price(&runs, 7).await, price(&runs, 8).await), (1, 2));
        reprice(&runs, 7, false).await.unwrap();
        assert_eq!((price(&runs, 7).await, price(&runs, 8).await), (300, 2));
    })
    .await;
}

#[tokio::test]
async fn a_put_whose_function_fails_stores_nothing() {
    alone(async {
        let runs = Runs::default();
        assert!(reprice(&runs, 8, true).await.is_err());
        assert_eq!(price::peek(8).await, None);
        assert_eq!(price(&runs, 7).await, 2);
        assert!(reprice(&runs, 7, true).await.is_err());
        assert_eq!(price::peek(7).await, Some(2), "what was stored stays");
    })
    .await;
}

#[tokio::test]
async fn an_absent_result_is_put_like_any_other() {
    alone(async {
        let runs = Runs::default();
        assert_eq!(found(&runs, 7).await, Some(7));
        assert_eq!(lose(7).await, None);
        assert_eq!((found(&runs, 7).await, runs.count()), (None, 1));
    })
    .await;
}

#[tokio::test]
async fn a_refresh_skips_the_read_and_stores() {
    alone(async {
        let runs = Runs::default();
        assert_eq!((price(&runs, 7).await, price::refresh(&runs, 7).await), (1, 2));
        assert_eq!(price(&runs, 7).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_method_that_calls_its_neighbour_goes_through_the_cache() {
    alone(async {
        let shop = Shop(Runs::default());
        assert_eq!(shop.items(&[1, 1, 2]).await, 4);
        assert_eq!(shop.0.count(), 2);
    })
    .await;
}
