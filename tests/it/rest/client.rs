//! Upstash's own client beside Cachery. `tests/system/upstash.sh` has it.

use std::{
    env,
    process::Command,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use cachery::cached;

use super::{RestServer, node};

/// The path of `nodejs.mjs` of `@upstash/redis`.
const CLIENT: &str = "CACHERY_UPSTASH_CLIENT";

/// Prints the payload of a value, and then how many keys a removal has removed.
const SCRIPT: &str = "
const [client, url, token, encoding, value, state] = process.argv.slice(1);
const { Redis } = await import(client);
const responseEncoding = encoding === 'base64' ? 'base64' : false;
const redis = new Redis({ url, token, responseEncoding, automaticDeserialization: false });
console.log((await redis.pipeline().getrange(value, 88, -1).del(state).exec()).join('\\n'));
";

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(name = "rest-greeting", ttl = 3600)]
async fn greeting(name: &str) -> String {
    let run = RUNS.fetch_add(1, SeqCst) + 1;
    format!("hello {name}, run {run}")
}

#[tokio::test]
async fn upstash_own_client_reads_and_invalidates_what_is_stored() {
    let Ok(client) = env::var(CLIENT) else { return };
    let server = RestServer::start().await;
    let node = node(server.url()).await;
    assert_eq!(node.scope(greeting("Ada")).await, "hello Ada, run 1");
    let value = only_key(&server, "cachery:rest-greeting:*}").await;
    let state = only_key(&server, "cachery:rest-greeting:*:token").await;
    let [(_, url), (_, token)] = server.variables();
    let output = Command::new("node")
        .args(["--input-type=module", "-e", SCRIPT, &client, &url, &token])
        .args([server.encoding(), &value, &state])
        .output()
        .expect("node is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("hello Ada, run 1"), "{text:?}");
    assert!(text.ends_with("\n1\n"), "{text:?}");
    assert_eq!(node.scope(greeting("Ada")).await, "hello Ada, run 2");
}

async fn only_key(server: &RestServer, pattern: &str) -> String {
    let keys = server.redis().ask::<Vec<String>>(&["KEYS", pattern]).await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys[0].clone()
}
