//! Credentials that change, and those of sentinels.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use cachery_core::{
    Status,
    remote::{PasswordProvider, PasswordSource, Reason, Target},
};
use cachery_test_support::{Proxy, Sentinel, Server};

use super::harness::*;

const ALL: &str = "~* &* +@all";

/// A server for the user `app` with the password `first`.
async fn guarded() -> Server {
    Server::with(|config| config.user("app", "first", ALL)).await
}

/// Gives the user another password, and ends the connections that came in with the old one.
async fn rotate(redis: &Server, password: &str) {
    let new = format!(">{password}");
    redis.tell(&["ACL", "SETUSER", "app", "resetpass", &new]).await;
    redis.tell(&["CLIENT", "KILL", "USER", "app"]).await;
}

/// Returns a target for the user `app`, whose password is in `file`.
fn by_command(redis: &Server, command: String) -> Target {
    let mut target = target(&format!("redis://app:wrong@{}", redis.address()));
    target.password = Some(PasswordSource::Command(command));
    target
}

#[tokio::test]
async fn a_command_is_asked_for_the_password_before_each_connection() {
    let redis = guarded().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first\nanother line\n").unwrap();
    let command = format!("cat {}; echo noise >&2", file.path().display());
    let (servers, _) = open_target(&by_command(&redis, command));
    servers.connected(LONG).await.unwrap();
    std::fs::write(file.path(), "second").unwrap();
    rotate(&redis, "second").await;
    until_true("it is back by itself", async || ask(&servers, &["PING"]).await.is_ok()).await;
    wait_until("and hears of others", || servers.receives_invalidations());
}

#[tokio::test]
async fn a_command_without_a_password_is_told_and_asked_again() {
    let redis = guarded().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let command = format!("test -s {0} && cat {0}", file.path().display());
    let (servers, _) = open_target(&by_command(&redis, command));
    let why = not_connected(&servers).await;
    assert!(why.contains("CACHE_REDIS_PASSWORD_COMMAND") && !why.contains("test -s"), "{why}");
    let refused = ask(&servers, &["PING"]).await;
    assert!(matches!(refused, Err(Reason::NoPassword | Reason::BreakerOpen)), "{refused:?}");
    assert_eq!(servers.health().await[0].status, Status::Down);
    std::fs::write(file.path(), "first").unwrap();
    until_true("it gets in", async || ask(&servers, &["PING"]).await.is_ok()).await;
}

#[tokio::test]
async fn callers_who_connect_at_once_share_one_question() {
    let redis = guarded().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let password = Arc::new(Mutex::new("first"));
    let asks = Arc::clone(&asked);
    let present = Arc::clone(&password);
    let provider = PasswordProvider::new(move || {
        asks.fetch_add(1, SeqCst);
        let password = present.lock().unwrap().to_owned();
        async move {
            tokio::task::yield_now().await;
            Some(password)
        }
    });
    let mut target = target(&format!("redis://app@{}", redis.address()));
    target.password = Some(PasswordSource::Provider(provider));
    let (servers, _) = open_target(&target);
    servers.connected(LONG).await.unwrap();
    let before = asked.load(SeqCst);
    assert!(before <= 3, "the link and this runtime: {before}");
    *password.lock().unwrap() = "second";
    rotate(&redis, "second").await;
    until_true("it is back by itself", async || ask(&servers, &["PING"]).await.is_ok()).await;
    assert!(asked.load(SeqCst) > before);
}

#[tokio::test]
async fn a_rotated_password_is_taken_over_without_a_restart() {
    let redis = guarded().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    rotate(&redis, "second").await;
    until_true("it is out", async || ask(&servers, &["PING"]).await.is_err()).await;
    let elsewhere = target("redis://app:second@127.0.0.1:1");
    assert!(!servers.take_over(&elsewhere), "another place needs a restart");
    assert!(!servers.take_over(&target(&format!("{}/1", redis.url().replace("first", "second")))));
    assert!(servers.take_over(&target(&redis.url().replace("first", "second"))));
    until_true("it is back", async || ask(&servers, &["PING"]).await.is_ok()).await;
    wait_until("and hears of others", || servers.receives_invalidations());
    assert!(hooks.count("restored") >= 2);
}

#[tokio::test]
async fn a_password_that_is_taken_over_before_the_old_one_ends_fails_no_call() {
    let redis = guarded().await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.tell(&["ACL", "SETUSER", "app", ">second"]).await;
    assert!(servers.take_over(&target(&redis.url().replace("first", "second"))));
    redis.tell(&["ACL", "SETUSER", "app", "<first"]).await;
    for _ in 0..50 {
        assert!(ask(&servers, &["PING"]).await.is_ok());
    }
}

#[tokio::test]
async fn a_wrong_password_does_not_hammer() {
    let redis = guarded().await;
    let proxy = Proxy::to(redis.address());
    let (servers, _) = open(&redis.url_through(&proxy).replace("first", "wrong"));
    not_connected(&servers).await;
    let began = Instant::now();
    let mut calls = 0;
    while began.elapsed() < Duration::from_secs(2) {
        assert!(ask(&servers, &["PING"]).await.is_err());
        calls += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The pauses double from 50 ms, with jitter; and the link has its own.
    assert!(proxy.accepted() < 30, "{} attempts for {calls} calls", proxy.accepted());
}

#[tokio::test]
async fn sentinels_have_a_user_of_their_own() {
    let master = guarded().await;
    let sentinel = Sentinel::naming_with(&master, |config| config.user("watch", "over", ALL)).await;
    let url = sentinel.url().replace("://", "://app:first@");
    let (servers, _) = open(&format!("{url}?sentinel_user=watch&sentinel_password=over"));
    servers.connected(LONG).await.unwrap();
    assert!(ask(&servers, &["PING"]).await.is_ok());
    let (servers, _) = open(&format!("{url}?sentinel_user=watch&sentinel_password=under"));
    let why = not_connected(&servers).await;
    assert!(why.contains("sentinels") && !why.contains("under"), "{why}");
}
