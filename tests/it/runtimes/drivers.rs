//! Calls reach Redis from runtimes that lack a driver, and no panic is heard. The test starts
//! itself again, because the panic hook and the standard error are those of the process.

use std::{env, panic, process::Command, time::Duration};

use cachery::{Backend, Caches, cached, config::CacheSettings};
use cachery_test_support::{Config, Server};
use tokio::runtime::{Builder, Runtime};

const URL: &str = "CACHERY_TEST_DRIVERS_URL";
/// More than a busy machine needs for anything.
const PATIENCE: Duration = Duration::from_secs(20);

#[cached(name = "runtimes-drivers", ttl = "1h")]
async fn double(number: u64) -> u64 {
    2 * number
}

#[test]
fn a_runtime_without_io_or_timers_reaches_redis_and_no_panic_is_heard() {
    let redis = Server::launch(Config::default());
    let child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "runtimes::drivers::calls_from_all", "--nocapture"])
        .env(URL, redis.url())
        .output()
        .unwrap();
    let (heard, said) =
        (String::from_utf8_lossy(&child.stderr), String::from_utf8_lossy(&child.stdout));
    assert!(child.status.success() && said.contains("1 passed"), "{said}{heard}");
    assert!(!heard.contains("panicked"), "{heard}");
    assert_eq!(heard.matches("the hook of the program").count(), 1, "its own panic: {heard}");
}

/// Returns runtimes without any driver, with one of both, and with both.
fn runtimes() -> Vec<Runtime> {
    let mut runtimes = Vec::new();
    for (io, time) in [(false, false), (true, false), (false, true), (true, true)] {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            builder.worker_threads(1);
            if io {
                builder.enable_io();
            }
            if time {
                builder.enable_time();
            }
            runtimes.push(builder.build().unwrap());
        }
    }
    runtimes
}

#[test]
#[ignore = "it is a child of the test above"]
fn calls_from_all() {
    panic::set_hook(Box::new(|_| eprintln!("the hook of the program")));
    let runtimes = runtimes();
    let url = env::var(URL).unwrap();
    let redis = CacheSettings::new().backend(Backend::Redis);
    let caches = Caches::builder()
        .isolated()
        .redis_url(url)
        .all(redis)
        .remote_deadline(PATIENCE)
        .required(true);
    let caches = runtimes[0].block_on(caches.build()).unwrap();
    for (number, runtime) in (0..).zip(&runtimes) {
        runtime.block_on(caches.scope(async {
            assert_eq!((double(number).await, double(number).await), (2 * number, 2 * number));
            let stats = double::cache().stats();
            assert_eq!((stats.loads, stats.remote.hits), (number + 1, number + 1));
            assert_eq!(stats.remote.unavailable, 0);
        }));
    }
    assert!(panic::catch_unwind(|| panic!("as programs do")).is_err());
}
