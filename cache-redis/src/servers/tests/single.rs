//! One server.

use std::{
    thread,
    time::{Duration, Instant},
};

use cachery_core::remote::Reason;
use cachery_test_support::{Config, Log, Server};
use futures_util::FutureExt as _;
use redis::Value;

use super::harness::*;
use crate::manager;

#[tokio::test]
async fn a_request_is_answered_from_the_first_poll_on() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    assert_eq!(ask(&servers, &["ECHO", "hello"]).await, Ok(Value::BulkString(b"hello".to_vec())));
}

#[tokio::test]
async fn a_reply_that_concerns_the_command_alone_is_handed_on() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    let reply =
        ask(&servers, &["EVALSHA", "0000000000000000000000000000000000000000", "0"]).await.unwrap();
    assert!(matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT"));
}

#[tokio::test]
async fn a_paused_test_clock_stops_no_deadline() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.freeze();
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(ask_briefly(&servers, &["PING"]).await, Err(Reason::Timeout));
    assert!(began.elapsed() >= BUDGET);
    redis.thaw();
}

#[test]
fn an_executor_other_than_tokio_will_do() {
    let redis = Server::launch(Config::default());
    let (servers, _) = open(&redis.url());
    let pong = block_on(ask(&servers, &["ECHO", "x"]));
    assert_eq!(pong, Ok(Value::BulkString(b"x".to_vec())));
}

#[test]
fn a_second_runtime_is_served_when_the_first_is_gone() {
    let redis = Server::launch(Config::default());
    let (servers, _) = open(&redis.url());
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(runtime.block_on(ask(&servers, &["PING"])).is_ok());
    }
    // The link, and at most one lane that the server has not yet seen closing.
    wait_until("connections end with their runtimes", || {
        let clients: String = redis.query(&["CLIENT", "LIST"]).unwrap();
        clients.lines().filter(|line| line.contains("name=cachery")).count() == 1
    });
    assert_eq!(servers.members()[0].connection_count(), 0);
}

#[tokio::test]
async fn a_server_that_never_started_costs_nothing_and_is_found_when_it_comes() {
    let redis = Server::start().await;
    redis.kill();
    let (servers, hooks) = open(&redis.url());
    let why = not_connected(&servers).await;
    assert!(why.contains(&redis.port().to_string()) && why.contains("refused"), "{why}");
    for _ in 0..100 {
        let at_once = ask(&servers, &["PING"]).now_or_never();
        assert!(at_once.expect("nobody waits").is_err());
    }
    redis.restart().await;
    until_true("the server is found", async || ask(&servers, &["PING"]).await.is_ok()).await;
    wait_until("the link is up", || servers.receives_invalidations());
    assert_eq!(hooks.count("restored"), 1);
}

#[tokio::test]
async fn a_frozen_server_costs_five_callers_their_budget_and_the_next_nothing() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.freeze();
    for _ in 0..5 {
        let reason = ask_briefly(&servers, &["PING"]).await.unwrap_err();
        assert!(
            matches!(reason, Reason::Timeout | Reason::Connecting | Reason::BreakerOpen),
            "{reason:?}"
        );
    }
    until_true("the next one waits for nothing", async || {
        ask_briefly(&servers, &["PING"]).now_or_never() == Some(Err(Reason::BreakerOpen))
    })
    .await;
    wait_until("the tier is told", || hooks.count("cut off") == 1);
    assert!(!servers.receives_invalidations());
    redis.thaw();
    until_true("the server is found", async || ask(&servers, &["PING"]).await.is_ok()).await;
    wait_until("all is back", || servers.receives_invalidations() && hooks.count("restored") == 2);
}

#[tokio::test]
async fn what_is_outstanding_is_done_before_anything_else() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    *hooks.journal.lock().unwrap() = Some("p:journal".to_owned());
    redis.restart().await;
    let first = loop {
        match ask(&servers, &["LLEN", "p:journal"]).await {
            Ok(first) => break first,
            Err(_) => manager::timer(Duration::from_millis(5)).await,
        }
    };
    assert!(matches!(first, Value::Int(length) if length >= 1), "{first:?}");
    assert!(hooks.count("suspect") >= 2 && hooks.count("done") >= 1);
}

#[tokio::test]
async fn a_reply_that_comes_too_late_answers_nobody_else() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.tell(&["CLIENT", "PAUSE", "1500"]).await;
    assert_eq!(ask_briefly(&servers, &["ECHO", "late"]).await, Err(Reason::Timeout));
    let next = Value::BulkString(b"next".to_vec());
    until_true("it replies again", async || {
        let reply = ask(&servers, &["ECHO", "next"]).await;
        assert!(reply.as_ref().map_or(true, |reply| *reply == next), "{reply:?}");
        reply.is_ok()
    })
    .await;
}

#[tokio::test]
async fn pushes_come_in_order_and_a_flush_is_told_apart() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    assert!(servers.receives_invalidations());
    for words in [["SET", "p:a", "1"], ["SET", "other", "1"], ["SET", "p:b", "1"]] {
        redis.tell(&words).await;
    }
    redis.tell(&["FLUSHALL"]).await;
    wait_until("the pushes arrive", || hooks.count("flushed") == 1);
    let lines = hooks.lines.lock().unwrap();
    let pushed: Vec<_> =
        lines.iter().filter(|line| line.starts_with("p:") || *line == "flushed").collect();
    assert_eq!(pushed, ["p:a", "p:b", "flushed"]);
}

#[tokio::test]
async fn a_link_that_was_cut_is_told_and_mended() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    wait_until("the tier is told", || hooks.count("cut off") == 1);
    wait_until("the link is back", || servers.receives_invalidations());
    assert_eq!(hooks.count("restored"), 2);
}

#[tokio::test]
async fn a_new_runtime_makes_the_past_suspect_only_where_the_link_may_stand_with_another_master() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let call = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask(&servers, &["PING"])).unwrap();
    };
    let suspected = || {
        let before = hooks.count("suspect");
        thread::scope(|scope| scope.spawn(call).join()).unwrap();
        hooks.count("suspect") > before
    };
    assert!(!suspected());
    redis.tell(&["ACL", "SETUSER", "default", "-info"]).await;
    assert!(suspected(), "it does not say who it is");
    redis.tell(&["ACL", "SETUSER", "default", "+info"]).await;
    assert!(!suspected());
    redis.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
    redis.tell(&["REPLICAOF", "NO", "ONE"]).await;
    assert!(suspected(), "it was a replica meanwhile");
}

#[tokio::test]
async fn what_waits_for_another_master_at_the_same_address_is_not_done_on_the_old_one() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("socket");
    let [first, second] = [Server::start().await, Server::start().await];
    let lead_to = |server: &Server| {
        let _ = std::fs::remove_file(&place);
        std::os::unix::fs::symlink(server.socket(), &place).unwrap();
    };
    lead_to(&first);
    let (servers, hooks) = open(&format!("redis+unix://{}", place.display()));
    servers.connected(LONG).await.unwrap();
    let lane = ask(&servers, &["CLIENT", "ID"]).await;
    let Ok(Value::Int(lane)) = lane else { panic!("{lane:?}") };
    *hooks.journal.lock().unwrap() = Some("p:journal".to_owned());
    lead_to(&second);
    // The link still stands.
    first.tell(&["CLIENT", "KILL", "ID", &lane.to_string()]).await;
    until_true("the new master is asked", async || ask(&servers, &["PING"]).await.is_ok()).await;
    assert!(second.ask::<bool>(&["EXISTS", "p:journal"]).await);
    assert!(!first.ask::<bool>(&["EXISTS", "p:journal"]).await);
}

#[tokio::test]
async fn connections_are_told_as_lost_before_new_ones_are_made() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let before = hooks.count("suspect");
    redis.kill();
    until_true("both are told", async || hooks.count("lost") == 2).await;
    redis.restart().await;
    until_true("both are back", async || hooks.count("suspect") == before + 2).await;
    let lines = hooks.lines.lock().unwrap();
    let sessions = lines.iter().filter(|line| ["lost", "suspect"].contains(&line.as_str()));
    assert_eq!(sessions.skip(before).collect::<Vec<_>>(), ["lost", "lost", "suspect", "suspect"]);
}

#[tokio::test]
async fn the_number_of_connections_does_not_grow_with_requests_and_ends_with_the_registry() {
    let redis = Server::start().await;
    let ours = async || redis.connections().await.len();
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    for _ in 0..50 {
        ask(&servers, &["PING"]).await.unwrap();
    }
    assert_eq!(ours().await, 2);
    drop(servers);
    until_true("they end", async || ours().await == 0).await;
}

#[test]
fn callers_on_a_runtime_without_io_use_the_managers_connection() {
    let redis = Server::launch(Config::default());
    let (servers, _) = open(&redis.url());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(servers.connected(LONG)).unwrap();
    assert!((0..10).all(|_| runtime.block_on(ask(&servers, &["PING"])).is_ok()));
    let connections = Server::connections(&redis);
    let ours = tokio::runtime::Runtime::new().unwrap().block_on(connections).len();
    assert_eq!(ours, 2, "the link's, and the manager's for requests");
}

#[tokio::test]
async fn a_server_whose_registry_is_gone_is_left_alone_by_a_late_request() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let server = servers.members().remove(0);
    drop(servers);
    let deadline = std::pin::pin!(manager::timer(BUDGET));
    let mut ping = redis::pipe();
    ping.cmd("PING");
    assert!(server.ask((&ping).into(), deadline, BUDGET, crate::server::Lane::Main).await.is_err());
}

#[tokio::test]
async fn the_log_has_one_line_when_a_server_goes_and_one_when_it_is_back_and_no_secret() {
    let log = Log::default();
    log.of_process();
    let redis = Server::with(|config| config.password("hunter2")).await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.kill();
    until_true("the breaker opens", async || {
        ask(&servers, &["PING"]).await == Err(Reason::BreakerOpen)
    })
    .await;
    redis.restart().await;
    until_true("it is back", async || {
        ask(&servers, &["PING"]).await.is_ok() && servers.receives_invalidations()
    })
    .await;
    let address = redis.address().to_string();
    let text = log.text();
    let is_of_server =
        |line: &&str| line.contains(&address) && !line.contains(": close time.busy=");
    // Spans aside, of which there is one for each request.
    let lines: Vec<_> = text.lines().filter(is_of_server).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("WARN") && lines[0].contains("out of reach")
            || lines[0].contains("does not push")
    );
    assert!(lines[1].contains("INFO") && lines[1].contains("is back"));
    assert_eq!(log.count("hunter2"), 0);
    a_start_that_fails_without_its_server_logs_nothing_before_it_was_reached(&log).await;
}

/// A process has one log, so this is part of the test above.
async fn a_start_that_fails_without_its_server_logs_nothing_before_it_was_reached(log: &Log) {
    let redis = Server::start().await;
    redis.kill();
    let servers = open_required(&redis.url());
    servers.connected(BUDGET).await.unwrap_err();
    let address = redis.address().to_string();
    assert_eq!(log.count(&address), 0, "{}", log.text());
    redis.restart().await;
    servers.connected(LONG).await.unwrap();
    redis.kill();
    until_true("the log tells of a later outage", async || log.count(&address) > 0).await;
}

#[tokio::test]
async fn a_frozen_server_is_noticed_without_any_caller() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.freeze();
    wait_until("the tier is told", || hooks.count("cut off") == 1);
    redis.thaw();
    wait_until("all is back", || servers.receives_invalidations() && hooks.count("restored") == 2);
}

#[tokio::test]
async fn while_a_replay_is_refused_nothing_else_is_asked() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.tell(&["SET", "p:journal", "no list"]).await;
    *hooks.journal.lock().unwrap() = Some("p:journal".to_owned());
    redis.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    until_true("the refusal is told", async || {
        ask(&servers, &["PING"]).await == Err(Reason::Replay)
    })
    .await;
    assert_eq!(hooks.count("done"), 0);
    assert!(!servers.receives_invalidations());
    redis.tell(&["DEL", "p:journal"]).await;
    until_true("it is done", async || ask(&servers, &["PING"]).await.is_ok()).await;
    assert!(hooks.count("done") >= 1);
}

#[tokio::test]
async fn a_connection_that_is_silent_three_times_in_a_row_is_made_anew() {
    let redis = Server::start().await;
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let before = ask(&servers, &["CLIENT", "ID"]).await.unwrap();
    // On a busy machine the breaker may open first. Then it is tried again.
    until_true("another connection serves", async || {
        for _ in 0..3 {
            let pings = redis.calls("ping").await;
            redis.freeze();
            assert!(ask_briefly(&servers, &["ECHO", "x"]).await.is_err());
            redis.thaw();
            until_true("the link finds it alive", async || redis.calls("ping").await > pings).await;
        }
        ask(&servers, &["CLIENT", "ID"]).await.is_ok_and(|id| id != before)
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_connection_makes_suspect_is_done_without_any_call() {
    let redis = Server::start().await;
    let (servers, hooks) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let id = ask(&servers, &["CLIENT", "ID"]).await;
    let Ok(Value::Int(id)) = id else { panic!("{id:?}") };
    *hooks.journal.lock().unwrap() = Some("p:journal".to_owned());
    redis.tell(&["CLIENT", "KILL", "ID", &id.to_string()]).await;
    until_true("it is done", async || hooks.count("done") >= 1).await;
}
