//! Settings that change while the program runs.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use cachery::{Caches, cached, config::Change};

#[cached(name = "reload-alpha", ttl = "10m", capacity = 5_000)]
async fn alpha(n: u64) -> u64 {
    n
}

#[cached(name = "reload-beta", ttl = "1h")]
async fn beta(n: u64) -> u64 {
    n
}

/// A registry and its file, which can be written again.
struct Program {
    caches: Caches,
    file: tempfile::NamedTempFile,
}

impl Program {
    async fn start(text: &str) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        let path = file.path().display().to_string();
        let caches = Caches::builder().file(path).isolated().build().await.expect("right settings");
        Self { caches, file }
    }

    fn write(&self, text: &str) {
        fs::write(self.file.path(), text).expect("written");
    }
}

fn fields(changes: &[Change]) -> Vec<(&str, &str, &str)> {
    changes.iter().map(|change| (change.field, &*change.before, &*change.after)).collect()
}

/// Returns the number of entries that are stored, of the first `count`.
async fn stored(count: u64) -> u64 {
    let mut stored = 0;
    for n in 0..count {
        stored += u64::from(alpha::peek(n).await.is_some());
    }
    stored
}

#[tokio::test]
async fn a_reload_applies_ttl_capacity_and_enabled_and_loses_no_entry() {
    let program = Program::start("default.jitter = 0").await;
    let check = async {
        for n in 0..5_000 {
            alpha(n).await;
        }
        beta(1).await;
        assert_eq!(stored(5_000).await, 5_000);
        program.write(
            "default.jitter = 0\n[cache.reload-alpha]\nttl = '2h'\ncapacity = 20_000\n[cache.reload-beta]\nenabled = false",
        );
        let report = Caches::current().reload().await.expect("right settings");
        assert_eq!(
            fields(&report.changed),
            [("ttl", "10m", "2h"), ("capacity", "5000", "20000"), ("enabled", "true", "false")]
        );
        assert!(
            report.changed[0].source.ends_with(":3 [cache.reload-alpha]"),
            "{}",
            report.changed[0].source
        );
        assert_eq!(report.changed[0].function, Some("it::reload::alpha"));
        assert_eq!(fields(&report.needs_restart), []);

        assert_eq!(stored(5_000).await, 5_000, "no entry is lost");
        let stats = alpha::cache().stats();
        assert_eq!((stats.size, stats.evictions.size, stats.evictions.expired), (5_000, 0, 0));
        for n in 5_000..20_000 {
            alpha(n).await;
        }
        assert_eq!(alpha::cache().stats().size, 20_000, "there is room for more");
        assert_eq!(beta::peek(1).await, None, "it is off");

        program.caches.clock().advance(Duration::from_secs(3600));
        assert_eq!(alpha::peek(1).await, None, "it keeps the life that it was given");
        assert_eq!(alpha::peek(19_999).await, Some(19_999), "it was stored with the new ttl");
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn a_smaller_capacity_keeps_what_has_room_and_counts_what_has_none() {
    let program = Program::start("").await;
    let check = async {
        for n in 0..5_000 {
            alpha(n).await;
        }
        program.write("[cache.reload-alpha]\ncapacity = 1_000");
        Caches::current().reload().await.expect("right settings");
        let stats = alpha::cache().stats();
        assert_eq!((stats.size, stats.size + stats.evictions.size), (1_000, 5_000));
        assert_eq!(stored(5_000).await, 1_000);
        program.write("");
        Caches::current().reload().await.expect("right settings");
        assert_eq!(stored(5_000).await, 1_000);
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing_and_is_the_error() {
    let program = Program::start("[cache.reload-alpha]\nttl = '1m'").await;
    let check = async {
        alpha(1).await;
        program.write("[cache.reload-alpha]\nttl = '2m'\ncapacity = 0");
        let error = Caches::current().reload().await.expect_err("a capacity of zero").to_string();
        assert!(error.contains(":3 [cache.reload-alpha] capacity: a capacity of zero"), "{error}");
        assert_eq!(alpha::cache().policy().ttl, Some(Duration::from_secs(60)));
        assert_eq!(alpha::peek(1).await, Some(1));
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn what_needs_a_restart_is_named_and_left_as_it_is_and_no_secret_is_shown() {
    let program = Program::start("[redis]\nprefix = 'a'\nkey_secret = 'hunter2-hunter2-'").await;
    let check = async {
        program.write("[redis]\nprefix = 'b'\nkey_secret = 'hunter3-hunter3-'");
        let report = Caches::current().reload().await.expect("right settings");
        assert_eq!(fields(&report.changed), []);
        let hidden = "(not shown)";
        assert_eq!(
            fields(&report.needs_restart),
            [("prefix", "a", "b"), ("key_secret", hidden, hidden)]
        );
        let shown = Caches::current().config().to_string();
        assert!(shown.contains("  prefix           a ") && !shown.contains("hunter"), "{shown}");
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn a_secret_that_comes_or_goes_is_named_once() {
    let program = Program::start("").await;
    let check = async {
        program.write("redis.key_secret = 'hunter2-hunter2-'");
        let report = Caches::current().reload().await.expect("right settings");
        assert_eq!(fields(&report.needs_restart), [("key_secret", "none", "(not shown)")]);
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn a_cache_is_switched_off_and_on_by_name_and_keeps_its_entries() {
    let program = Program::start("").await;
    let check = async {
        alpha(1).await;
        let cache = Caches::current().get("reload-alpha").expect("it is one");
        cache.set_enabled(false);
        assert_eq!((alpha::peek(1).await, cache.policy().enabled), (None, false));
        assert!(
            Caches::current()
                .config()
                .to_string()
                .contains("  enabled          false          from `set_enabled`")
        );
        Caches::current().reload().await.expect("right settings");
        assert_eq!(alpha::peek(1).await, None, "a reload leaves it off");
        cache.set_enabled(true);
        assert_eq!(alpha::peek(1).await, Some(1));

        program.write("enabled = false");
        Caches::current().reload().await.expect("right settings");
        cache.set_enabled(true);
        assert_eq!((alpha::peek(1).await, cache.policy().enabled), (None, false), "all are off");
    };
    program.caches.scope(check).await;
}

/// A cache that is off does not store, and the entry that it holds is older than the value that was
/// put.
#[tokio::test]
async fn what_is_put_while_a_cache_is_off_invalidates_the_old_value() {
    let program = Program::start("").await;
    let check = async {
        alpha(1).await;
        let cache = Caches::current().get("reload-alpha").expect("it is one");
        cache.set_enabled(false);
        alpha::put(1, 7).await;
        cache.set_enabled(true);
        assert_eq!(alpha::peek(1).await, None);
    };
    program.caches.scope(check).await;
}

#[tokio::test]
async fn a_cache_that_is_opened_later_has_the_new_settings() {
    let program = Program::start("").await;
    let check = async {
        program.write("[cache.reload-alpha]\nenabled = false");
        Caches::current().reload().await.expect("right settings");
        alpha(1).await;
        assert_eq!(alpha::peek(1).await, None);
    };
    program.caches.scope(check).await;
}

/// A key that is invalidated or stored while memory moves stays so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_and_invalidations_go_on_while_memory_moves() {
    let program = Program::start("").await;
    let done = AtomicBool::new(false);
    let work = async {
        let mut round = 0_u64;
        while !done.load(Relaxed) {
            round += 1;
            for n in 0..200 {
                alpha::put(n, round).await;
                assert_eq!(alpha::peek(n).await, Some(round), "what was stored is there");
                alpha::invalidate(n).await;
                assert_eq!(alpha::peek(n).await, None, "what was invalidated is gone");
            }
            tokio::task::yield_now().await;
        }
        round
    };
    let reload = async {
        for n in 1_000..1_200 {
            alpha(n).await;
        }
        for round in 0..30 {
            program.write(&format!("[cache.reload-alpha]\ncapacity = {}", 5_000 + round));
            Caches::current().reload().await.expect("right settings");
            for n in 1_000..1_200 {
                assert!(alpha::peek(n).await.is_some(), "round {round}: {n} is lost");
            }
        }
        done.store(true, Relaxed);
    };
    let (rounds, ()) = program.caches.scope(async { tokio::join!(work, reload) }).await;
    assert!(rounds > 1);
}
