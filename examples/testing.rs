//! Caches in a test: a registry of its own, and a clock that it moves. Run it with `cargo run
//! --example testing`.

use std::time::Duration;

use cachery::{Caches, cached};

#[cached(name = "greeting", ttl = "1h")]
async fn greeting(name: &str) -> String {
    tokio::time::sleep(Duration::from_millis(5)).await; // whatever makes it worth a cache
    format!("Hello, {name}!")
}

/// Returns the number of loads in the current registry.
fn loads() -> u64 {
    greeting::cache().stats().loads
}

/// In a real program this is a `#[tokio::test]`.
async fn a_value_lives_for_an_hour() {
    let caches = Caches::isolated();
    let test = async {
        greeting("Ada").await;
        greeting("Ada").await;
        assert_eq!(loads(), 1);
        println!("one test: two calls, {} load", loads());

        caches.clock().advance(Duration::from_secs(3600));
        assert_eq!(greeting::peek("Ada").await, None);
        greeting("Ada").await;
        assert_eq!(loads(), 2);
        println!("one test: an hour later, at once, {} loads", loads());
    };
    caches.scope(test).await;
}

/// And this is another one, which may run at the same time.
async fn a_spawned_task_is_told_which_caches_are_its_own() {
    let test = async {
        let task = Caches::current().scope(greeting("Ada"));
        let joined = tokio::spawn(task).await;
        assert_eq!(joined.ok().as_deref(), Some("Hello, Ada!"));
        assert_eq!(loads(), 1);
        println!("another test: from a spawned task, {} load", loads());
    };
    Caches::isolated().scope(test).await;
}

#[tokio::main]
async fn main() {
    tokio::join!(a_value_lives_for_an_hour(), a_spawned_task_is_told_which_caches_are_its_own());

    assert_eq!(loads(), 0);
    println!("outside of both: {} loads", loads());
}
