//! Ways in: sockets, TLS, users, and servers that forbid what we would like to use.

use std::{fs, path::PathBuf, process::Command};

use cachery_core::{
    Push, Status,
    remote::{Reason, Target},
};
use redis::Value;

use super::{
    super::{Servers, check},
    harness::*,
};

/// A directory that ends with the test.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cachery-{}-{}", std::process::id(), free_port()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_socket_and_a_database_are_used() {
    let dir = Dir::new();
    let redis = Redis::start(&["--unixsocket", &dir.path("s")]);
    let (servers, _) = open(&format!("redis+unix://{}?db=3", dir.path("s")));
    ask(&servers, &["SET", "here", "1"]).await.unwrap();
    assert_eq!(redis.run(&["-n", "3", "GET", "here"]), "1");
    assert_eq!(servers.health().await[0].address, dir.path("s"));
}

const USERS: &[&str] = &["--user", "default", "off", "--user", "app", "on", ">hunter2", "~*", "&*", "+@all"];

#[tokio::test]
async fn a_user_gets_in_by_the_right_password_only_and_no_error_repeats_it() {
    let redis = Redis::start(USERS);
    let (servers, _) = open(&format!("redis://app:hunter2@127.0.0.1:{}", redis.port));
    assert!(ask(&servers, &["PING"]).await.is_ok());
    let (servers, _) = open(&format!("redis://app:hunter3@127.0.0.1:{}", redis.port));
    let why = servers.connected(BUDGET).await.unwrap_err();
    assert!(why.contains("password") && !why.contains("hunter3"), "{why}");
    assert!(matches!(ask(&servers, &["PING"]).await, Err(Reason::WrongPassword | Reason::BreakerOpen)));
    let (servers, _) = open(&redis.url());
    let why = servers.connected(BUDGET).await.unwrap_err();
    assert!(why.contains("redis://user:password@host"), "{why}");
    assert!(servers.health().await[0].problems[0].contains("password"));
}

#[tokio::test]
async fn a_server_without_tracking_or_resp3_serves_but_is_not_heard() {
    let forbids_client = ["--user", "default", "on", "nopass", "~*", "&*", "+@all", "-client"];
    let knows_no_hello = ["--rename-command", "HELLO", ""];
    for forbidden in [&forbids_client[..], &knows_no_hello] {
        let redis = Redis::start(forbidden);
        let (servers, diary) = open(&redis.url());
        servers.connected(LONG).await.unwrap();
        assert!(ask(&servers, &["PING"]).await.is_ok(), "{forbidden:?}");
        let health = servers.health().await.remove(0);
        assert_eq!((health.push, health.status), (Push::Forbidden, Status::Degraded), "{forbidden:?}");
        assert!(health.problems[0].contains("+client|tracking"));
        assert!(!servers.receives_invalidations() && diary.count("restored") == 0);
    }
}

#[tokio::test]
async fn a_server_that_forbids_scripts_is_off_and_says_what_to_grant() {
    let redis = Redis::start(&["--user", "default", "on", "nopass", "~*", "&*", "+@all", "-eval"]);
    let (servers, _) = open(&redis.url());
    assert!(servers.connected(BUDGET).await.unwrap_err().contains("+eval"));
    assert_eq!(ask(&servers, &["PING"]).await, Err(Reason::NoEval));
    let health = servers.health().await.remove(0);
    assert_eq!(health.status, Status::Down);
    assert!(health.problems[0].contains("+eval +evalsha"), "{:?}", health.problems);
}

#[tokio::test]
async fn health_tells_version_policy_and_round_trip() {
    let redis = Redis::start(&["--maxmemory", "10mb", "--maxmemory-policy", "noeviction"]);
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let health = servers.health().await.remove(0);
    assert!(health.version.is_some() && health.round_trip.is_some());
    assert_eq!(health.eviction_policy.as_deref(), Some("noeviction"));
    assert_eq!((health.status, health.problems.len()), (Status::Degraded, 1));
}

/// A CA, a server's certificate and a client's.
fn certificates(dir: &Dir) {
    let script = "
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt
        for who in server client; do
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$who -keyout $who.key -out $who.csr
            echo 'subjectAltName=IP:127.0.0.1,DNS:localhost' > $who.ext
            openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile $who.ext -out $who.crt
        done";
    let output = Command::new("sh").args(["-ec", script]).current_dir(&dir.0).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn tls_server(dir: &Dir, clients: &str) -> (Redis, u16) {
    let port = free_port();
    let redis = Redis::start(&[
        "--tls-port",
        &port.to_string(),
        "--tls-auth-clients",
        clients,
        "--tls-ca-cert-file",
        &dir.path("ca.crt"),
        "--tls-cert-file",
        &dir.path("server.crt"),
        "--tls-key-file",
        &dir.path("server.key"),
    ]);
    (redis, port)
}

fn tls_target(dir: &Dir, port: u16, client: bool) -> Target {
    let mut target = target(&format!("rediss://localhost:{port}"));
    target.tls.ca = Some(dir.path("ca.crt"));
    if client {
        target.tls.cert = Some(dir.path("client.crt"));
        target.tls.key = Some(dir.path("client.key"));
    }
    target
}

#[tokio::test]
async fn tls_trusts_its_own_ca_and_shows_its_own_certificate() {
    let dir = Dir::new();
    certificates(&dir);
    let (_redis, port) = tls_server(&dir, "yes");
    let (servers, _) = open_target(&tls_target(&dir, port, true));
    servers.connected(LONG).await.unwrap();
    assert!(ask(&servers, &["PING"]).await.is_ok() && servers.receives_invalidations());
    let (servers, _) = open_target(&tls_target(&dir, port, false));
    servers.connected(BUDGET).await.unwrap_err();
    let (servers, _) = open(&format!("rediss://localhost:{port}"));
    let why = servers.connected(10 * BUDGET).await.unwrap_err();
    assert!(why.to_lowercase().contains("certificate"), "{why}");
}

#[test]
fn files_that_cannot_be_used_are_told_before_anything_connects() {
    let dir = Dir::new();
    fs::write(dir.path("ca.crt"), "hunter2").unwrap();
    let error = check(&tls_target(&dir, 1, false)).unwrap_err();
    assert!(
        error.contains("ca.crt") && error.contains("CERTIFICATE") && !error.contains("hunter2"),
        "{error}"
    );
    let mut missing = target("rediss://h");
    missing.tls.ca = Some(dir.path("none"));
    assert!(check(&missing).unwrap_err().contains("cannot be read"));
    let mut plain = target("redis://h");
    plain.tls.ca = Some(dir.path("ca.crt"));
    assert!(check(&plain).unwrap_err().contains("rediss"));
    let mut half = target("rediss://h");
    half.tls.cert = Some(dir.path("ca.crt"));
    assert!(check(&half).unwrap_err().contains("together"));
}

#[test]
fn a_reply_of_another_type_is_no_trouble() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    redis.run(&["LPUSH", "list", "1"]);
    let reply = block_on(ask(&servers, &["GET", "list"])).unwrap();
    assert!(matches!(reply, Value::ServerError(error) if error.code() == "WRONGTYPE"));
    drop::<std::sync::Arc<Servers>>(servers);
}
