//! `cachery check`: each fault of Redis is named at its step, with what to do.

use cachery_test_support::{Config, Direction, Proxy, Server};
use serde_json::Value;

use crate::support::{Run, command, run, state};

fn check(url: &str) -> Run {
    run(command().arg("check").env("REDIS_URL", url))
}

/// Runs the check as JSON and returns the rows of the only server.
fn rows(url: &str, code: i32) -> Value {
    let run = run(command().args(["check", "--json"]).env("REDIS_URL", url));
    assert_eq!(run.code, Some(code), "{}{}", run.out, run.err);
    run.json()["servers"][0]["rows"].clone()
}

/// Checks that `bad` is the first row that is not well, and that the rows behind it in the order of
/// a connection are not reached.
#[track_caller]
fn fails_at(url: &str, bad: &str, todo: &str) {
    let rows = rows(url, 1);
    let all = rows.as_array().expect("they are rows");
    let first = all.iter().find(|row| row["state"] != "ok").expect("a row is not well");
    assert_eq!((&first["name"], &first["state"]), (&bad.into(), &"bad".into()), "{rows:#}");
    assert!(first["todo"].to_string().contains(todo), "{rows:#}");
    let steps = ["reply", "login", "scripts", "replication", "store"];
    let behind = steps.iter().skip_while(|step| **step != bad).skip(1);
    for step in behind {
        assert_eq!(state(&rows, step), "skipped", "{step}: {rows:#}");
    }
}

#[test]
fn a_redis_that_is_well_passes_each_step() {
    let server = Server::launch(Config::default());
    let steps = ["reply", "login", "scripts", "replication", "store", "pushes", "round trip"];
    let rows = rows(&server.url(), 0);
    for step in steps {
        assert_eq!(state(&rows, step), "ok", "{step}: {rows:#}");
    }
    check(&server.url()).says(0, &["Redis is up.", "from REDIS_URL; without TLS"]);
    let left: Vec<String> = server.query(&["KEYS", "*cachery-check:*}*"]).expect("it answers");
    assert_eq!(left, [""; 0], "no value is left behind");
}

#[test]
fn a_redis_that_is_killed_fails_to_connect() {
    let server = Server::launch(Config::default());
    server.kill();
    fails_at(&server.url(), "connect", "start Redis");
}

#[test]
fn a_name_without_an_address_fails_at_dns() {
    fails_at("redis://no-such-host.invalid", "DNS", "correct the host");
}

#[test]
fn a_redis_that_is_frozen_does_not_reply() {
    let server = Server::launch(Config::default());
    server.freeze();
    fails_at(&server.url(), "reply", "it does not answer");
    server.thaw();
}

#[test]
fn a_redis_that_is_full_stores_nothing() {
    let mut config = Config::default();
    config.line("maxmemory 1").line("maxmemory-policy noeviction");
    let server = Server::launch(config);
    fails_at(&server.url(), "store", "maxmemory-policy");
}

#[test]
fn a_replica_is_told_from_a_master() {
    let master = Server::launch(Config::default());
    let mut config = Config::default();
    config.line(format!("replicaof 127.0.0.1 {}", master.port()));
    let replica = Server::launch(config);
    let rows = rows(&replica.url(), 1);
    assert_eq!(state(&rows, "replication"), "bad", "{rows:#}");
    check(&replica.url()).says(1, &["a replica", "address of the master", "redis-sentinel://"]);
}

#[test]
fn a_wrong_password_fails_the_login_and_is_not_repeated() {
    let mut config = Config::default();
    config.password("right");
    let server = Server::launch(config);
    let url = format!("redis://:hunter2@127.0.0.1:{}", server.port());
    fails_at(&url, "login", "check those in the URL");
    let run = check(&url);
    assert!(!run.out.contains("hunter2") && !run.err.contains("hunter2"), "{}", run.out);
    fails_at(&format!("redis://127.0.0.1:{}", server.port()), "login", "asks for a password");
}

#[test]
fn a_user_without_scripts_fails_at_scripts() {
    let mut config = Config::default();
    config.user("app", "secret", "~* &* +@all -eval -evalsha");
    let server = Server::launch(config);
    fails_at(&server.url(), "scripts", "+eval +evalsha");
}

#[test]
fn a_user_without_the_prefix_cannot_store() {
    let mut config = Config::default();
    config.user("app", "secret", "~other:* &* +@all");
    let server = Server::launch(config);
    fails_at(&server.url(), "store", "the keys of the prefix");
}

#[test]
fn a_user_without_tracking_hears_by_pub_sub() {
    let mut config = Config::default();
    config.user("app", "secret", "~* &* +@all -client|tracking");
    let server = Server::launch(config);
    check(&server.url()).says(0, &["arrive by pub/sub", "within a second"]);
}

#[test]
fn a_user_without_tracking_and_pub_sub_gets_no_pushes() {
    let mut config = Config::default();
    config.user("app", "secret", "~* &* +@all -client|tracking -publish");
    let server = Server::launch(config);
    let rows = rows(&server.url(), 1);
    assert_eq!((state(&rows, "store"), state(&rows, "pushes")), ("ok", "warning"), "{rows:#}");
    check(&server.url()).says(1, &["grant `+client|tracking` and `+hello`", "outage ttl"]);
}

#[test]
fn a_server_that_does_not_speak_tls_fails_at_tls() {
    let server = Server::launch(Config::default());
    let rows = rows(&format!("rediss://127.0.0.1:{}", server.port()), 1);
    assert_eq!((state(&rows, "connect"), state(&rows, "TLS")), ("ok", "bad"), "{rows:#}");
    assert_eq!(state(&rows, "login"), "skipped", "{rows:#}");
}

#[test]
fn a_slow_way_is_a_long_round_trip() {
    let server = Server::launch(Config::default());
    let proxy = Proxy::to(server.address());
    proxy.delay(Direction::Replies, std::time::Duration::from_millis(60));
    let rows = rows(&server.url_through(&proxy), 1);
    assert_eq!(state(&rows, "round trip"), "warning", "{rows:#}");
}

#[test]
fn without_a_url_nothing_is_asked_and_the_way_out_is_told() {
    run(command().arg("check")).says(2, &["no source names a Redis", "set REDIS_URL"]);
}

#[test]
fn the_url_is_resolved_step_by_step() {
    let server = Server::launch(Config::default());
    let mut command = command();
    command
        .arg("check")
        .env("REDIS_URL", "redis://127.0.0.1:1")
        .env("CACHE_REDIS_URL", server.url());
    run(&mut command).says(0, &["from CACHE_REDIS_URL, which wins over REDIS_URL"]);
}

#[test]
fn a_wrong_setting_is_told_and_no_password_is_repeated() {
    let run = check("ftp://user:hunter2@localhost");
    run.says(2, &["REDIS_URL", "redis://"]);
    assert!(!format!("{}{}", run.out, run.err).contains("hunter2"));
}

#[test]
fn the_caches_of_a_program_are_never_unknown() {
    let server = Server::launch(Config::default());
    let directory = tempfile::tempdir().expect("a directory");
    let text =
        "strict = true\n[cache.users]\nttl = \"5m\"\n[cache.\"a.b\"]\nbackend = \"tiered\"\n";
    std::fs::write(directory.path().join("cache.toml"), text).expect("it is writable");
    let mut command = command();
    command.arg("check").current_dir(directory.path()).env("REDIS_URL", server.url());
    command.env("CACHE_SENTIMENT_TTL", "1h").env("CACHE_A_B_CAPACITY", "7");
    let run = run(&mut command);
    run.says(0, &["cache.toml"]);
    assert!(!run.out.contains("unknown") && !run.out.contains("note"), "{}", run.out);
}

#[test]
fn the_journal_of_the_service_is_left_alone() {
    let server = Server::launch(Config::default());
    let directory = tempfile::tempdir().expect("a directory");
    let journal = directory.path().join("service.journal");
    let mut command = command();
    command.arg("check").env("REDIS_URL", server.url()).env("CACHE_JOURNAL", &journal);
    run(&mut command).says(0, &["Redis is up."]);
    assert!(!journal.exists());
}
