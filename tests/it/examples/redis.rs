//! The example that needs Redis: two processes that share a cache.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use cachery_test_support::{Config, Server};

use super::{example, row, stdout};

/// The number of calls that memory, Redis and the function served in the act with this title.
fn served(text: &str, act: &str) -> [u64; 3] {
    let (_, table) = text.split_once("calls served by").expect("it ends with a table");
    row(table, act).try_into().expect("three numbers")
}

#[test]
fn two_processes_share_a_cache_and_outlive_one_of_them_and_redis() {
    // More than a busy machine needs: which tier serves is counted.
    let mut story = example("redis");
    story.env("CACHE_REMOTE_DEADLINE", "3s");
    let text = stdout(&story.output().expect("it is built"));
    assert_eq!(served(&text, "A and B share a cache"), [2, 1, 1], "{text}");
    assert_eq!(served(&text, "both ask at once")[2], 1, "{text}");
    assert_eq!(served(&text, "B invalidates"), [0, 1, 1], "{text}");
    assert_eq!(served(&text, "kill -9 of B while it loads"), [0, 1, 1], "{text}");
    assert_eq!(served(&text, "kill -9 of Redis"), [2, 0, 2], "{text}");
    assert_eq!(served(&text, "Redis is back, and empty"), [2, 1, 1], "{text}");
}

#[test]
fn a_process_that_gets_a_sigterm_finishes_what_is_queued() {
    let server = Server::launch(Config::default());
    let mut command = example("redis");
    command.arg("--node=A").env("REDIS_URL", server.url());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it is built");
    let mut requests = child.stdin.take().expect("it is piped");
    let mut replies = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut reply_to = |request: &str| {
        writeln!(requests, "{request}").expect("it reads its input");
        replies.next().expect("it replies").expect("it replies in UTF-8")
    };
    assert!(reply_to(r#"{"Call":1}"#).contains("Function"));
    server.freeze();
    assert!(reply_to(r#"{"Invalidate":1}"#).contains("Queued"));
    let process = i32::try_from(child.id()).expect("it is small");
    let process = rustix::process::Pid::from_raw(process).expect("it is not 0");
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it runs");
    server.thaw();
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let values: Vec<String> = server.query(&["KEYS", "*}"]).expect("it answers");
    assert_eq!(values, [""; 0], "the value is gone");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("lost"), "{output:?}");
}
