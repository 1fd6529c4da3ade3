//! E7: a registry that is built at the first call logs a wrong variable, and a wrong line of the
//! file in the working directory, once, and the attribute's setting stays in effect. One that is
//! built by `from_env` is refused. The test starts itself again as a child whose environment is
//! wrong.

use std::{process::Command, time::Duration};

use cachery::{Caches, cached};
use cachery_test_support::Log;

#[cached(name = "lazy", ttl = "1h")]
async fn lazy(n: u64) -> u64 {
    n
}

const FILE: &str = "[cache.lazy]\njitter = 0.5\ncapacity = -1\n";

const IN_CHILD: &str = "LAZY_TEST_CHILD";

fn main() {
    if std::env::var_os(IN_CHILD).is_some() {
        return child();
    }
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("cache.toml"), FILE).expect("written");
    std::fs::write(directory.path().join("empty.toml"), "").expect("written");
    let child = Command::new(std::env::current_exe().expect("this test"))
        .current_dir(directory.path())
        .env(IN_CHILD, "1")
        .env("CACHE_DIR", "/for/another/program")
        .env("CACHE_LAZY_TTL", "10 minutes")
        .env("CACHE_LAZY_CAPACITY", "77")
        .status();
    assert!(child.expect("the child starts").success(), "the child failed");
    println!("1 passed, 0 failed");
}

fn child() {
    let log = Log::default();
    log.of_process();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        for n in 0..10 {
            lazy(n).await;
        }
        let policy = lazy::cache().policy();
        assert_eq!((policy.ttl, policy.capacity), (Some(Duration::from_secs(3600)), 77));
        assert!((policy.jitter - 0.5).abs() < f64::EPSILON, "the file is read");
        assert_eq!(log.count("cache.toml:3 [cache.lazy] capacity: "), 1, "{}", log.text());
        assert_eq!(log.count("CACHE_DIR"), 1, "a warning: {}", log.text());
        assert_eq!(log.count("CACHE_LAZY_TTL"), 1, "{}", log.text());
        let faults = Caches::current().report().faults;
        assert!(
            matches!(&faults[..], [first, second] if first.message.starts_with("CACHE_LAZY_TTL: ")
                && second.message.starts_with("cache.toml:3 ")),
            "{faults:?}"
        );

        let nothing: [(&str, &str); 0] = [];
        let unused = Caches::builder().file("empty.toml").variables(nothing).build().await;
        let unused = unused.expect("right settings");
        let note = |notes: Vec<String>| notes.iter().any(|note| note.contains("`install()`"));
        assert!(note(unused.health().await.notes), "calls use another registry");
        assert!(!note(Caches::current().health().await.notes));
        assert!(!note(Caches::isolated().health().await.notes), "a test's own");
        unused.scope(lazy(1)).await;
        assert!(!note(unused.health().await.notes), "a call has used it");

        let refused = Caches::from_env().await.expect_err("a wrong variable").to_string();
        assert!(
            refused.contains("CACHE_LAZY_TTL: ") && refused.contains("cache.toml:3 "),
            "{refused}"
        );
    });
}
