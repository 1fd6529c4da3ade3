//! Sockets, TLS, users, and servers that forbid some commands.

use std::{fs, path::Path, time::Instant};

use cachery_core::{
    Push, Status,
    remote::{Reason, Target},
};
use cachery_test_support::{Config, Server};
use redis::Value;

use super::{
    super::{Servers, check},
    harness::*,
};

#[tokio::test]
async fn a_socket_and_a_database_are_used() {
    let redis = Server::with(|config| config.unix()).await;
    let (servers, _) = open(&format!("{}?db=3", redis.url()));
    ask(&servers, &["SET", "here", "1"]).await.unwrap();
    let read = "redis.call('SELECT', 3) return redis.call('GET', 'here')";
    assert_eq!(redis.ask::<String>(&["EVAL", read, "0"]).await, "1");
    assert_eq!(servers.health().await[0].address, redis.socket().display().to_string());
}

#[tokio::test]
async fn a_user_gets_in_by_the_right_password_only_and_no_error_repeats_it() {
    let redis = Server::with(|config| config.user("app", "hunter2", "~* &* +@all")).await;
    let (servers, _) = open(&redis.url());
    assert!(ask(&servers, &["PING"]).await.is_ok());
    let (servers, _) = open(&redis.url().replace("hunter2", "hunter3"));
    let why = not_connected(&servers).await;
    assert!(why.contains("password") && !why.contains("hunter3"), "{why}");
    assert!(matches!(
        ask(&servers, &["PING"]).await,
        Err(Reason::WrongPassword | Reason::BreakerOpen)
    ));
    let (servers, _) = open(&format!("redis://{}", redis.address()));
    let why = not_connected(&servers).await;
    assert!(why.contains("redis://user:password@host"), "{why}");
    assert!(servers.health().await[0].problems[0].contains("password"));
}

#[tokio::test]
async fn what_only_a_person_can_help_is_not_waited_for() {
    let redis =
        Server::with(|config| config.user("app", "hunter2", "~* &* +@all").mutual_tls()).await;
    let untrusted = format!("rediss://app:hunter2@localhost:{}", redis.port());
    let mut wrong_password = tls_target(&redis);
    wrong_password.url = untrusted.replace("hunter2", "hunter3");
    wrong_password.tls.cert = Some(text(&redis.certificates().client));
    wrong_password.tls.key = Some(text(&redis.certificates().client_key));
    for (target, word) in [(wrong_password, "password"), (target(&untrusted), "TLS")] {
        let (servers, _) = open_target(&target);
        let began = Instant::now();
        let why = servers.connected(LONG).await.unwrap_err().to_string();
        assert!(began.elapsed() < LONG / 2, "{:?}: {why}", began.elapsed());
        assert!(why.contains(word) && !why.contains("hunter"), "{why}");
    }
}

#[tokio::test]
async fn a_server_without_tracking_or_resp3_serves_but_is_not_heard() {
    let forbids_client = "user default on nopass ~* &* +@all -client";
    let knows_no_hello = "rename-command HELLO \"\"";
    for forbidden in [forbids_client, knows_no_hello] {
        let redis = Server::with(|config| config.line(forbidden)).await;
        let (servers, hooks) = open(&redis.url());
        servers.connected(LONG).await.unwrap();
        assert!(ask(&servers, &["PING"]).await.is_ok(), "{forbidden:?}");
        let health = servers.health().await.remove(0);
        assert_eq!(
            (health.push, health.status),
            (Push::Forbidden, Status::Degraded),
            "{forbidden:?}"
        );
        assert!(health.problems[0].contains("+client|tracking"));
        assert!(!servers.receives_invalidations() && hooks.count("restored") == 0);
    }
}

#[tokio::test]
async fn a_server_that_forbids_scripts_is_off_and_says_what_to_grant() {
    let redis =
        Server::with(|config| config.line("user default on nopass ~* &* +@all -eval")).await;
    let (servers, _) = open(&redis.url());
    assert!(not_connected(&servers).await.contains("+eval"));
    assert_eq!(ask(&servers, &["PING"]).await, Err(Reason::NoEval));
    let health = servers.health().await.remove(0);
    assert_eq!(health.status, Status::Down);
    assert!(health.problems[0].contains("+eval +evalsha"), "{:?}", health.problems);
}

#[tokio::test]
async fn health_tells_version_policy_round_trip_and_clock() {
    let redis =
        Server::with(|config| config.line("maxmemory 10mb").line("maxmemory-policy noeviction"))
            .await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let health = servers.health().await.remove(0);
    assert!(health.version.is_some() && health.round_trip.is_some());
    assert!(health.clock_offset.is_some_and(|offset| offset.abs() < 5.0), "{health:?}");
    assert_eq!(health.eviction_policy.as_deref(), Some("noeviction"));
    assert_eq!((health.status, health.problems.len()), (Status::Degraded, 1));
}

/// The server behind `redis`, by the name of its host.
fn tls_target(redis: &Server) -> Target {
    let mut target = target(&format!("rediss://localhost:{}", redis.port()));
    target.tls.ca = Some(text(&redis.certificates().authority));
    target
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test]
async fn tls_trusts_its_own_ca_and_shows_its_own_certificate() {
    let redis = Server::with(|config| config.mutual_tls()).await;
    let without_certificate = tls_target(&redis);
    let mut right = without_certificate.clone();
    right.tls.cert = Some(text(&redis.certificates().client));
    right.tls.key = Some(text(&redis.certificates().client_key));
    let (servers, _) = open_target(&right);
    servers.connected(LONG).await.unwrap();
    assert!(ask(&servers, &["PING"]).await.is_ok() && servers.receives_invalidations());
    let (servers, _) = open_target(&without_certificate);
    servers.connected(BUDGET).await.unwrap_err();
    let (servers, _) = open(&without_certificate.url);
    let why = not_connected(&servers).await;
    assert!(why.to_lowercase().contains("certificate"), "{why}");
}

#[tokio::test]
async fn a_certificate_that_is_signed_by_itself_is_its_own_ca() {
    let redis = Server::with(|config| config.own_tls()).await;
    let mut own = target(&redis.url());
    own.tls.ca = Some(text(&redis.certificates().own));
    let (servers, _) = open_target(&own);
    servers.connected(LONG).await.unwrap();
    assert!(ask(&servers, &["PING"]).await.is_ok() && servers.receives_invalidations());
    let another = Server::with(|config| config.own_tls()).await;
    for ca in [&another.certificates().own, &redis.certificates().authority] {
        own.tls.ca = Some(text(ca));
        let (servers, _) = open_target(&own);
        let why = servers.connected(LONG).await.unwrap_err().to_string();
        assert!(why.contains("TLS does not trust"), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_verifies_is_used_and_told() {
    let redis = Server::with(|config| config.own_tls()).await;
    let (servers, _) = open(&format!("{}#insecure", redis.url()));
    servers.connected(LONG).await.unwrap();
    let health = servers.health().await.remove(0);
    assert_eq!((health.status, health.push), (Status::Up, Push::Up));
    assert!(health.notes[0].contains("`#insecure`"), "{:?}", health.notes);
    let (servers, _) = open(&redis.url());
    assert!(not_connected(&servers).await.contains("TLS does not trust"));
    let mut both = target("rediss://h#insecure");
    both.tls.ca = Some(text(&redis.certificates().own));
    assert!(check(&both).unwrap_err().to_string().contains("take one of them away"));
}

#[tokio::test]
async fn the_protocol_of_the_url_is_spoken() {
    let redis = Server::with(|config| config.unix()).await;
    let socket = redis.socket();
    for (protocol, spoken) in [("2", "resp=2"), ("resp3", "resp=3")] {
        let (servers, _) = open(&format!("unix://{}?protocol={protocol}", socket.display()));
        servers.connected(LONG).await.unwrap();
        let reply = ask(&servers, &["CLIENT", "INFO"]).await.unwrap();
        assert!(format!("{reply:?}").contains(spoken), "{reply:?}");
    }
}

#[test]
fn files_that_cannot_be_used_are_told_before_anything_connects() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.crt");
    fs::write(&file, "hunter2").unwrap();
    let of = |url, ca: &Path| {
        let mut target = target(url);
        target.tls.ca = Some(text(ca));
        target
    };
    let error = check(&of("rediss://h", &file)).unwrap_err().to_string();
    assert!(
        error.contains("ca.crt") && error.contains("CERTIFICATE") && !error.contains("hunter2"),
        "{error}"
    );
    assert!(
        check(&of("rediss://h", &home.path().join("none")))
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
    assert!(check(&of("redis://h", &file)).unwrap_err().to_string().contains("rediss"));
    let mut half = target("rediss://h");
    half.tls.cert = Some(text(&file));
    assert!(check(&half).unwrap_err().to_string().contains("together"));
}

#[test]
fn a_reply_of_another_type_is_handed_on() {
    let redis = Server::launch(Config::default());
    let (servers, _) = open(&redis.url());
    redis.query::<Value>(&["LPUSH", "list", "1"]).unwrap();
    let reply = block_on(ask(&servers, &["GET", "list"])).unwrap();
    assert!(matches!(reply, Value::ServerError(error) if error.code() == "WRONGTYPE"));
    drop::<std::sync::Arc<Servers>>(servers);
}
