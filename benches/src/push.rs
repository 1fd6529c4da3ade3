//! The cost of one node's invalidations and fills for a server that pushes to 100 others, in the
//! chosen mode and in those that were rejected; and before that the time until another node sees an
//! invalidation ([`seen`]).
//!
//! Run it by `cargo run --release --bin push` in `benches/`, or with `seen` behind it for that time
//! alone; it starts a `redis-server` of its own.
//! Requests are the tier's own scripts, one after another; the server reports its CPU time and the
//! bytes that it sent.

mod seen;

use std::time::Duration;

use cachery_benches::{Spread, report};
use cachery_test_support::{Config, Server};
use redis::{AsyncConnectionConfig, Client, Pipeline, Value, aio::MultiplexedConnection};

const NODES: usize = 100;
const KEYS: u64 = 2_000;
const ROUNDS: usize = 3;
/// Keys in one request of a node that reads all of them.
const READ: u64 = 500;

/// Returns a script as the tier sends it, with the functions that all of them share.
macro_rules! script {
    ($file:literal) => {
        concat!(
            include_str!("../../cache-redis/src/tier/scripts/shared.lua"),
            include_str!(concat!("../../cache-redis/src/tier/scripts/", $file))
        )
    };
}

const BEGIN: &str = script!("begin.lua");
const FILL: &str = script!("fill.lua");
const INVALIDATE: &str = script!("invalidate.lua");
/// Invalidates without markers, where the keys themselves are watched.
const DELETE: &str = "return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])";

const GENERATION: &[u8; 16] = b"0123456789abcdef";
const VALUE: [u8; 272] = [7; 272];

/// The pushes that the other nodes ask for.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    None,
    Markers,
    AllKeys,
    WhatWasRead,
}

impl Mode {
    const ALL: [(Self, &str); 4] = [
        (Self::None, "nothing"),
        (Self::Markers, "markers (chosen)"),
        (Self::AllKeys, "all keys"),
        (Self::WhatWasRead, "the keys that each has read"),
    ];

    fn tracking(self) -> Option<Pipeline> {
        let mut pipeline = Pipeline::new();
        let command = pipeline.cmd("CLIENT").arg("TRACKING").arg("ON");
        match self {
            Self::None => return None,
            Self::Markers => command.arg("BCAST").arg("PREFIX").arg("bench:!"),
            Self::AllKeys => command.arg("BCAST").arg("PREFIX").arg("bench:"),
            Self::WhatWasRead => command,
        };
        Some(pipeline)
    }
}

/// The resources that the server has used so far.
#[derive(Clone, Copy, Default)]
struct Cost {
    cpu: f64,
    bytes: f64,
}

impl Cost {
    async fn now(redis: &MultiplexedConnection) -> Self {
        let info: String =
            redis::cmd("INFO").query_async(&mut redis.clone()).await.expect("redis answers");
        let field = |name: &str| -> f64 {
            let value =
                info.lines().find_map(|line| line.strip_prefix(name)).expect("every redis has it");
            value.trim().parse().expect("it is a number")
        };
        let cpu = field("used_cpu_user:") + field("used_cpu_sys:");
        Self { cpu, bytes: field("total_net_output_bytes:") }
    }

    async fn since(self, redis: &MultiplexedConnection) -> Self {
        // Bytes that are still in buffers are to be sent, too.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = Self::now(redis).await;
        Self { cpu: now.cpu - self.cpu, bytes: now.bytes - self.bytes }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    report::report("seen", &runtime.block_on(seen::table()));
    if std::env::args().nth(1).as_deref() == Some("seen") {
        return;
    }
    let head = ["nodes are told of", "us an invalidation", "bytes", "us a fill", "bytes"];
    let rows = Mode::ALL.map(|(mode, name)| {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| runtime.block_on(round(mode))).collect();
        let parts = [0, 1].map(|part| cells(rounds.iter().map(|round| round[part])));
        [name.to_owned()].into_iter().chain(parts.into_iter().flatten()).collect()
    });
    report::report("push", &report::table(&head, rows));
}

/// Returns the microseconds of CPU for one key, and the bytes sent.
fn cells(rounds: impl Iterator<Item = Cost> + Clone) -> [String; 2] {
    let cpu = rounds.clone().map(|cost| cost.cpu * 1e6 / KEYS as f64);
    let sent = rounds.map(|cost| cost.bytes / KEYS as f64);
    [Spread::new(cpu).text(0), format!("{:.0}", Spread::new(sent).median())]
}

/// Measures invalidations of keys that all nodes hold, and then fills of keys that all nodes miss.
async fn round(mode: Mode) -> [Cost; 2] {
    let server = Server::launch(Config::default());
    let node = connect(&server).await;
    let others = listeners(&server, mode).await;
    for n in 0..KEYS {
        fill(&node, n).await;
    }
    read_all(mode, &others).await;
    let before = Cost::now(&node).await;
    for n in 0..KEYS {
        invalidate(&node, mode, n).await;
    }
    let invalidations = before.since(&node).await;
    read_all(mode, &others).await;
    let before = Cost::now(&node).await;
    for n in 0..KEYS {
        fill(&node, n).await;
    }
    [invalidations, before.since(&node).await]
}

async fn listeners(server: &Server, mode: Mode) -> Vec<MultiplexedConnection> {
    let mut all = Vec::new();
    if let Some(tracking) = mode.tracking() {
        for _ in 0..NODES {
            let other = connect(server).await;
            let () = tracking.query_async(&mut other.clone()).await.expect("redis tracks");
            all.push(other);
        }
    }
    all
}

/// Reads all keys as the tier does. The default mode pushes only keys that were read.
async fn read_all(mode: Mode, others: &[MultiplexedConnection]) {
    for other in others.iter().filter(|_| mode == Mode::WhatWasRead) {
        for start in (0..KEYS).step_by(READ as usize) {
            let mut pipeline = Pipeline::new();
            for n in start..start + READ {
                let [value, token, ..] = names(n);
                pipeline.cmd("PTTL").arg(&value).ignore();
                pipeline
                    .cmd("MGET")
                    .arg(&value)
                    .arg(token)
                    .arg("bench:sentiment:generation")
                    .ignore();
            }
            let () = pipeline.query_async(&mut other.clone()).await.expect("redis answers");
        }
    }
}

/// Returns the key, its companions, its markers and the feed.
fn names(n: u64) -> [String; 7] {
    let value = format!("bench:sentiment:0123456789abcdef:{{{n:064x}}}");
    let marker = format!("bench:!sentiment:0123456789abcdef:{{{n:064x}}}");
    let [token, lease, waiters] =
        ["token", "lease", "waiters"].map(|companion| format!("{value}:{companion}"));
    [
        value,
        token,
        lease,
        waiters,
        format!("{marker}:i:0123456789abcdef"),
        format!("{marker}:w:0123456789abcdef"),
        "bench:feed".to_owned(),
    ]
}

/// Requests a permit, and stores the value.
async fn fill(redis: &MultiplexedConnection, n: u64) {
    let names = names(n);
    let token = [&GENERATION[..], GENERATION].concat();
    let [state, lease] = [GENERATION, GENERATION];
    let begin: [&[u8]; 10] =
        [GENERATION, b"1", b"0", state, b"600000", lease, b"3000", state, b"", b"1"];
    run(redis, BEGIN, &names[..4], &begin).await;
    let stored = run(redis, FILL, &names, &[&token, &VALUE, b"3600000", lease, b"0", b"1"]).await;
    assert_eq!(stored, Value::Int(1), "the token stands");
}

async fn invalidate(redis: &MultiplexedConnection, mode: Mode, n: u64) {
    let script = if matches!(mode, Mode::None | Mode::Markers) { INVALIDATE } else { DELETE };
    run(redis, script, &names(n), &[]).await;
}

async fn run(
    redis: &MultiplexedConnection,
    script: &str,
    keys: &[String],
    args: &[&[u8]],
) -> Value {
    let mut cmd = redis::cmd("EVAL");
    cmd.arg(script).arg(keys.len()).arg(keys).arg(args);
    cmd.query_async(&mut redis.clone()).await.expect("redis answers")
}

async fn connect(server: &Server) -> MultiplexedConnection {
    let client = Client::open(format!("{}?protocol=resp3", server.url())).expect("a right URL");
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}
