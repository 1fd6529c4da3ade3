//! A master, its replica and sentinels.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use super::harness::*;

struct Sentinel {
    port: u16,
    file: std::path::PathBuf,
    process: Child,
}

impl Sentinel {
    fn start(master: u16) -> Self {
        let port = free_port();
        let file = std::env::temp_dir().join(format!("cachery-sentinel-{port}.conf"));
        let settings = format!(
            "port {port}\ndir /tmp\nsentinel monitor main 127.0.0.1 {master} 1\nsentinel down-after-milliseconds main 1500\nsentinel failover-timeout main 5000\n"
        );
        fs::write(&file, settings).unwrap();
        let mut command = Command::new("redis-server");
        let process = command.arg(&file).arg("--sentinel").stdout(Stdio::null()).spawn().unwrap();
        eventually("the sentinel answers", || redis_cli(port, &["PING"]) == "PONG");
        Self { port, file, process }
    }

    /// Has it name another master.
    fn watch(&self, master: u16) {
        redis_cli(self.port, &["SENTINEL", "REMOVE", "main"]);
        redis_cli(self.port, &["SENTINEL", "MONITOR", "main", "127.0.0.1", &master.to_string(), "1"]);
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let _ = fs::remove_file(&self.file);
    }
}

#[tokio::test]
async fn a_failover_is_followed_and_makes_the_past_suspect() {
    let mut master = Redis::start(&["--repl-diskless-sync-delay", "0"]);
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    eventually("the replica follows", || replica.run(&["ROLE"]).contains("connected"));
    let sentinel = Sentinel::start(master.port);
    let known =
        || redis_cli(sentinel.port, &["SENTINEL", "REPLICAS", "main"]).contains(&replica.port.to_string());
    eventually("the sentinel knows both", known);
    let (servers, diary) = open(&format!("redis-sentinel://127.0.0.1:1,127.0.0.1:{}/main", sentinel.port));
    servers.connected(LONG).await.unwrap();
    assert_eq!(servers.health().await[0].address, format!("127.0.0.1:{}", master.port));
    let before = diary.count("suspect");
    master.kill();
    eventually_async("writes go to the new master", || async {
        ask(&servers, &["SET", "p:x", "1"]).await.is_ok()
    })
    .await;
    assert_eq!(replica.run(&["GET", "p:x"]), "1");
    assert!(diary.count("suspect") > before);
    eventually("all is back", || servers.receives_invalidations());
    assert!(diary.count("cut off") >= 1);
}

#[tokio::test]
async fn without_a_sentinel_that_knows_the_master_the_error_says_so() {
    let (servers, _) = open("redis-sentinel://127.0.0.1:1,127.0.0.1:2/main");
    let why = servers.connected(BUDGET).await.unwrap_err();
    assert!(why.contains("sentinel") && why.contains("main"), "{why}");
}

#[tokio::test]
async fn a_master_that_is_demoted_is_left() {
    let first = Redis::start(&[]);
    let second = Redis::start(&[]);
    let sentinel = Sentinel::start(first.port);
    let (servers, _) = open(&format!("redis-sentinel://127.0.0.1:{}/main", sentinel.port));
    servers.connected(LONG).await.unwrap();
    sentinel.watch(second.port);
    first.run(&["REPLICAOF", "127.0.0.1", &second.port.to_string()]);
    let set = || async { matches!(ask(&servers, &["SET", "p:y", "1"]).await, Ok(redis::Value::Okay)) };
    eventually_async("writes go to the new master", set).await;
    assert_eq!(second.run(&["GET", "p:y"]), "1");
}

#[tokio::test]
async fn a_replica_is_no_master_whatever_a_sentinel_says() {
    let master = Redis::start(&[]);
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    let sentinel = Sentinel::start(replica.port);
    let (servers, _) = open(&format!("redis-sentinel://127.0.0.1:{}/main", sentinel.port));
    let why = servers.connected(BUDGET).await.unwrap_err();
    assert!(why.contains("it is a replica"), "{why}");
}

#[tokio::test]
async fn what_waits_for_a_new_master_is_not_done_on_the_old_one() {
    let [first, second] = [Redis::start(&[]), Redis::start(&[])];
    let sentinel = Sentinel::start(first.port);
    let (servers, diary) = open(&format!("redis-sentinel://127.0.0.1:{}/main", sentinel.port));
    servers.connected(LONG).await.unwrap();
    let lane = ask(&servers, &["CLIENT", "ID"]).await;
    let Ok(redis::Value::Int(lane)) = lane else { panic!("{lane:?}") };
    *diary.journal.lock().unwrap() = Some("p:journal".to_owned());
    sentinel.watch(second.port);
    // The link still stands.
    first.run(&["CLIENT", "KILL", "ID", &lane.to_string()]);
    eventually_async("the new master is asked", || async { ask(&servers, &["PING"]).await.is_ok() }).await;
    let done = [&second, &first].map(|master| master.run(&["EXISTS", "p:journal"]));
    assert_eq!(done, ["1", "0"]);
}
