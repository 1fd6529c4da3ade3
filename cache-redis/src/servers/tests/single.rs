//! One server.

use std::{
    thread,
    time::{Duration, Instant},
};

use cachery_core::remote::Reason;
use redis::Value;

use super::harness::*;
use crate::manager;

#[tokio::test]
async fn a_request_is_answered_from_the_first_poll_on() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    assert_eq!(ask(&servers, &["ECHO", "hello"]).await, Ok(Value::BulkString(b"hello".to_vec())));
}

#[tokio::test]
async fn a_reply_that_concerns_the_command_alone_is_handed_on() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    let reply = ask(&servers, &["EVALSHA", "0000000000000000000000000000000000000000", "0"]).await.unwrap();
    assert!(matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT"));
}

#[tokio::test]
async fn a_paused_test_clock_stops_no_deadline() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.signal("STOP");
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(ask(&servers, &["PING"]).await, Err(Reason::Timeout));
    assert!(began.elapsed() >= BUDGET);
    redis.signal("CONT");
}

#[test]
fn an_executor_other_than_tokio_will_do() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    let pong = block_on(ask(&servers, &["ECHO", "x"]));
    assert_eq!(pong, Ok(Value::BulkString(b"x".to_vec())));
}

#[test]
fn a_second_runtime_is_served_when_the_first_is_gone() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(runtime.block_on(ask(&servers, &["PING"])).is_ok());
    }
    // The link, and at most one lane that the server has not yet seen closing.
    eventually("connections end with their runtimes", || {
        redis.run(&["CLIENT", "LIST"]).lines().filter(|line| line.contains("name=cachery")).count() == 1
    });
    assert_eq!(servers.shared.members()[0].lane_count(), 0);
}

#[tokio::test]
async fn a_server_that_never_started_costs_nothing_and_is_found_when_it_comes() {
    let port = free_port();
    let (servers, diary) = open(&format!("redis://127.0.0.1:{port}"));
    let why = servers.connected(BUDGET).await.unwrap_err();
    assert!(why.contains(&port.to_string()) && why.contains("refused"), "{why}");
    let began = Instant::now();
    for _ in 0..100 {
        assert!(ask(&servers, &["PING"]).await.is_err());
    }
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    let _redis = Redis::start_on(port, &[]);
    eventually_async("the server is found", || async { ask(&servers, &["PING"]).await.is_ok() }).await;
    eventually("the link is up", || servers.receives_invalidations());
    assert_eq!(diary.count("restored"), 1);
}

#[tokio::test]
async fn a_frozen_server_costs_five_callers_their_budget_and_the_next_nothing() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.signal("STOP");
    for _ in 0..5 {
        let reason = ask(&servers, &["PING"]).await.unwrap_err();
        assert!(matches!(reason, Reason::Timeout | Reason::Connecting | Reason::BreakerOpen), "{reason:?}");
    }
    let began = Instant::now();
    assert_eq!(ask(&servers, &["PING"]).await, Err(Reason::BreakerOpen));
    assert!(began.elapsed() < BUDGET / 2);
    eventually("the tier is told", || diary.count("cut off") == 1);
    assert!(!servers.receives_invalidations());
    redis.signal("CONT");
    eventually_async("the server is found", || async { ask(&servers, &["PING"]).await.is_ok() }).await;
    eventually("all is back", || servers.receives_invalidations() && diary.count("restored") == 2);
}

#[tokio::test]
async fn what_is_outstanding_is_done_before_anything_else() {
    let mut redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    *diary.journal.lock().unwrap() = Some("p:journal".to_owned());
    redis.restart();
    let first = loop {
        match ask(&servers, &["LLEN", "p:journal"]).await {
            Ok(first) => break first,
            Err(_) => manager::timer(Duration::from_millis(5)).await,
        }
    };
    assert!(matches!(first, Value::Int(length) if length >= 1), "{first:?}");
    assert!(diary.count("suspect") >= 2 && diary.count("done") >= 1);
}

#[tokio::test]
async fn a_reply_that_comes_too_late_answers_nobody_else() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.run(&["CLIENT", "PAUSE", "300"]);
    assert_eq!(ask(&servers, &["ECHO", "late"]).await, Err(Reason::Timeout));
    thread::sleep(Duration::from_millis(150));
    assert_eq!(ask(&servers, &["ECHO", "next"]).await, Ok(Value::BulkString(b"next".to_vec())));
}

#[tokio::test]
async fn pushes_come_in_order_and_a_flush_is_told_apart() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    assert!(servers.receives_invalidations());
    for words in [["SET", "p:a", "1"], ["SET", "other", "1"], ["SET", "p:b", "1"]] {
        redis.run(&words);
    }
    redis.run(&["FLUSHALL"]);
    eventually("the pushes arrive", || diary.count("flushed") == 1);
    let lines = diary.lines.lock().unwrap();
    let pushed: Vec<_> = lines.iter().filter(|line| line.starts_with("p:") || *line == "flushed").collect();
    assert_eq!(pushed, ["p:a", "p:b", "flushed"]);
}

#[tokio::test]
async fn a_link_that_was_cut_is_told_and_mended() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.run(&["CLIENT", "KILL", "TYPE", "normal"]);
    eventually("the tier is told", || diary.count("cut off") == 1);
    eventually("the link is back", || servers.receives_invalidations());
    assert_eq!(diary.count("restored"), 2);
}

#[tokio::test]
async fn a_new_runtime_makes_the_past_suspect_only_where_the_link_may_stand_with_another_master() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let call = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask(&servers, &["PING"])).unwrap();
    };
    let suspected = || {
        let before = diary.count("suspect");
        thread::scope(|scope| scope.spawn(call).join()).unwrap();
        diary.count("suspect") > before
    };
    assert!(!suspected());
    redis.run(&["ACL", "SETUSER", "default", "-info"]);
    assert!(suspected(), "it does not say who it is");
    redis.run(&["ACL", "SETUSER", "default", "+info"]);
    assert!(!suspected());
    redis.run(&["REPLICAOF", "127.0.0.1", "1"]);
    redis.run(&["REPLICAOF", "NO", "ONE"]);
    assert!(suspected(), "it was a replica meanwhile");
}

#[tokio::test]
async fn what_waits_for_another_master_at_the_same_address_is_not_done_on_the_old_one() {
    let place = std::env::temp_dir().join(format!("cachery-{}", free_port()));
    let socket = |name: &str| place.with_extension(name).display().to_string();
    let [first, second] = ["1", "2"].map(|name| Redis::start(&["--unixsocket", &socket(name)]));
    let lead_to = |name: &str| {
        let _ = std::fs::remove_file(&place);
        std::os::unix::fs::symlink(socket(name), &place).unwrap();
    };
    lead_to("1");
    let (servers, diary) = open(&format!("redis+unix://{}", place.display()));
    servers.connected(LONG).await.unwrap();
    let lane = ask(&servers, &["CLIENT", "ID"]).await;
    let Ok(Value::Int(lane)) = lane else { panic!("{lane:?}") };
    *diary.journal.lock().unwrap() = Some("p:journal".to_owned());
    lead_to("2");
    // The link still stands.
    first.run(&["CLIENT", "KILL", "ID", &lane.to_string()]);
    eventually_async("the new master is asked", || async { ask(&servers, &["PING"]).await.is_ok() }).await;
    std::fs::remove_file(&place).unwrap();
    let done = [&second, &first].map(|master| master.run(&["EXISTS", "p:journal"]));
    assert_eq!(done, ["1", "0"]);
}

#[tokio::test]
async fn connections_are_told_as_lost_before_new_ones_are_made() {
    let mut redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let before = diary.count("suspect");
    redis.kill();
    eventually_async("both are told", || async { diary.count("lost") == 2 }).await;
    redis.restart();
    eventually_async("both are back", || async { diary.count("suspect") == before + 2 }).await;
    let lines = diary.lines.lock().unwrap();
    let sessions = lines.iter().filter(|line| ["lost", "suspect"].contains(&line.as_str()));
    assert_eq!(sessions.skip(before).collect::<Vec<_>>(), ["lost", "lost", "suspect", "suspect"]);
}

#[tokio::test]
async fn the_number_of_connections_does_not_grow_with_requests_and_ends_with_the_registry() {
    let redis = Redis::start(&[]);
    let ours = || redis.run(&["CLIENT", "LIST"]).lines().filter(|line| line.contains("name=cachery")).count();
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    for _ in 0..50 {
        ask(&servers, &["PING"]).await.unwrap();
    }
    assert_eq!(ours(), 2);
    drop(servers);
    eventually_async("they end", || async {
        tokio::task::yield_now().await;
        ours() == 0
    })
    .await;
}

#[test]
fn callers_on_a_runtime_without_io_use_the_managers_connection() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answered = || runtime.block_on(ask(&servers, &["PING"])).is_ok();
    eventually("they are answered", answered);
    assert!((0..10).all(|_| answered()));
}

#[tokio::test]
async fn a_server_whose_registry_is_gone_is_left_alone_by_a_late_request() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let server = servers.shared.members().remove(0);
    drop(servers);
    let deadline = std::pin::pin!(manager::timer(BUDGET));
    assert!(server.ask(redis::pipe().cmd("PING"), deadline).await.is_err());
}

#[tokio::test]
async fn the_log_has_one_line_when_a_server_goes_and_one_when_it_is_back_and_no_secret() {
    listen();
    let mut redis = Redis::start(&["--requirepass", "hunter2"]);
    let (servers, _) = open(&format!("redis://:hunter2@127.0.0.1:{}", redis.port));
    servers.connected(LONG).await.unwrap();
    redis.kill();
    eventually_async("the breaker opens", || async {
        ask(&servers, &["PING"]).await == Err(Reason::BreakerOpen)
    })
    .await;
    redis.restart();
    eventually_async("it is back", || async {
        ask(&servers, &["PING"]).await.is_ok() && servers.receives_invalidations()
    })
    .await;
    let lines = logged(&format!("127.0.0.1:{}", redis.port));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("WARN") && lines[0].contains("out of reach") || lines[0].contains("does not tell")
    );
    assert!(lines[1].contains("INFO") && lines[1].contains("is back"));
    assert!(logged("hunter2").is_empty());
}

#[tokio::test]
async fn a_frozen_server_is_noticed_without_any_caller() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.signal("STOP");
    eventually("the tier is told", || diary.count("cut off") == 1);
    redis.signal("CONT");
    eventually("all is back", || servers.receives_invalidations() && diary.count("restored") == 2);
}

#[tokio::test]
async fn while_a_replay_is_refused_nothing_else_is_asked() {
    let redis = Redis::start(&[]);
    let (servers, diary) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    redis.run(&["SET", "p:journal", "no list"]);
    *diary.journal.lock().unwrap() = Some("p:journal".to_owned());
    redis.run(&["CLIENT", "KILL", "TYPE", "normal"]);
    eventually_async("the refusal is told", || async {
        ask(&servers, &["PING"]).await == Err(Reason::Replay)
    })
    .await;
    assert_eq!(diary.count("done"), 0);
    assert!(!servers.receives_invalidations());
    redis.run(&["DEL", "p:journal"]);
    eventually_async("it is done", || async { ask(&servers, &["PING"]).await.is_ok() }).await;
    assert!(diary.count("done") >= 1);
}

#[tokio::test]
async fn a_connection_that_is_silent_three_times_in_a_row_is_made_anew() {
    let redis = Redis::start(&[]);
    let (servers, _) = open(&redis.url());
    servers.connected(LONG).await.unwrap();
    let before = ask(&servers, &["CLIENT", "ID"]).await.unwrap();
    for _ in 0..3 {
        redis.signal("STOP");
        assert_eq!(ask(&servers, &["ECHO", "x"]).await, Err(Reason::Timeout));
        redis.signal("CONT");
    }
    eventually_async("another connection serves", || async {
        ask(&servers, &["CLIENT", "ID"]).await.is_ok_and(|id| id != before)
    })
    .await;
}
