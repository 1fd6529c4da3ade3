//! A server with the REST API of Upstash, in front of a Redis. It is this program's own, or the one of
//! the npm package in `CACHERY_UPSTASH_SERVER`.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cachery_test_support::{Server, eventually};
use redis::{Pipeline, Value, aio::MultiplexedConnection};
use serde_json::{Value as Json, json};

/// The path of `dist/server.js` of `@humanwhocodes/upstash-redis-server`.
const PROGRAM: &str = "CACHERY_UPSTASH_SERVER";
const PATIENCE: Duration = Duration::from_secs(30);
/// With characters that have a meaning in a URL.
const TOKEN: &str = "AX/b+c=";

/// A server with the REST API of Upstash.
pub(crate) struct RestServer {
    redis: Server,
    address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    /// The program of the package, which ends with its standard input.
    program: Option<Child>,
}

/// The requests that the server of this program has seen, and its next reply.
#[derive(Default)]
pub(super) struct Seen {
    /// The sync token of each request.
    pub(super) tokens: Mutex<Vec<Option<String>>>,
    /// The reply to all requests from now on.
    pub(super) refusal: Mutex<Option<(StatusCode, &'static str)>>,
    /// The token that is taken; `None` for [`TOKEN`].
    pub(super) token: Mutex<Option<&'static str>>,
}

impl RestServer {
    pub(crate) async fn start() -> Self {
        let redis = Server::start().await;
        match env::var(PROGRAM) {
            Ok(program) => Self::of_package(&program, redis).await,
            Err(_) => Self::own(redis),
        }
    }

    /// Starts the program's own server, on a thread that outlives the runtime of a test.
    pub(crate) fn own(redis: Server) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("it is a socket");
        let address = listener.local_addr().expect("it is bound");
        let seen = Arc::<Seen>::default();
        let (url, of_server) = (redis.url(), Arc::clone(&seen));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, url, of_server));
        });
        Self { redis, address, seen, program: None }
    }

    async fn of_package(program: &str, redis: Server) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = free.local_addr().expect("it is bound");
        drop(free);
        let script =
            format!("process.stdin.on('end', () => process.exit()).resume(); import('{program}')");
        let child = Command::new("node")
            .args(["-e", &script])
            .env("URS_TOKEN", TOKEN)
            .env("PORT", address.port().to_string())
            .env("REDIS_URL", redis.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("node is installed");
        eventually("it listens", PATIENCE, async || {
            tokio::net::TcpStream::connect(address).await.ok().map(drop)
        })
        .await;
        Self { redis, address, seen: Arc::default(), program: Some(child) }
    }

    /// Returns the URL, with the token.
    pub(crate) fn url(&self) -> String {
        format!("http://:AX%2Fb%2Bc%3D@{}", self.address)
    }

    /// Returns the address as the provider's page has it, and the token.
    pub(super) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("UPSTASH_REDIS_REST_URL", format!("http://{}", self.address)),
            ("UPSTASH_REDIS_REST_TOKEN", TOKEN.to_owned()),
        ]
    }

    /// Returns the form in which it sends strings.
    pub(super) fn encoding(&self) -> &'static str {
        if self.program.is_some() { "plain" } else { "base64" }
    }

    /// Returns the Redis behind it.
    pub(crate) fn redis(&self) -> &Server {
        &self.redis
    }
}

#[derive(Clone)]
struct Behind {
    redis: MultiplexedConnection,
    seen: Arc<Seen>,
}

async fn serve(listener: TcpListener, url: String, seen: Arc<Seen>) {
    let client = redis::Client::open(url).expect("it is a URL");
    let redis = client.get_multiplexed_async_connection().await.expect("it is there");
    let router = Router::new().route("/pipeline", post(pipeline));
    let router = router.with_state(Behind { redis, seen });
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
    axum::serve(listener, router).await.expect("it serves for ever");
}

async fn pipeline(State(behind): State<Behind>, headers: HeaderMap, body: Bytes) -> Response {
    let Behind { mut redis, seen } = behind;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    seen.tokens.lock().unwrap().push(header("upstash-sync-token").map(str::to_owned));
    if let Some((status, body)) = *seen.refusal.lock().unwrap() {
        return (status, body).into_response();
    }
    let token = seen.token.lock().unwrap().unwrap_or(TOKEN);
    if header("authorization") != Some(&format!("Bearer {token}")) {
        return (StatusCode::UNAUTHORIZED, r#"{"error":"Unauthorized"}"#).into_response();
    }
    let Ok(commands) = serde_json::from_slice::<Vec<Vec<Json>>>(&body) else {
        return (StatusCode::BAD_REQUEST, r#"{"error":"ERR the body"}"#).into_response();
    };
    let mut pipeline = Pipeline::new();
    for words in &commands {
        let words: Vec<_> = words.iter().map(word).collect();
        pipeline.cmd(&words[0]).arg(&words[1..]);
    }
    let replies = redis.send_packed_commands(&pipeline, 0, commands.len()).await;
    let replies = replies.expect("it is there").into_iter().map(item);
    let next = seen.tokens.lock().unwrap().len().to_string();
    let body = Json::Array(replies.collect()).to_string();
    ([("upstash-sync-token", next)], body).into_response()
}

/// Returns a word of a command. Upstash's client writes numbers as such.
fn word(word: &Json) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

fn item(reply: Value) -> Json {
    match reply {
        Value::ServerError(error) => {
            json!({ "error": format!("{} {}", error.code(), error.details().unwrap_or_default()) })
        }
        reply => json!({ "result": result(reply) }),
    }
}

fn result(reply: Value) -> Json {
    match reply {
        Value::Int(number) => json!(number),
        Value::BulkString(bytes) => json!(STANDARD.encode(bytes)),
        Value::SimpleString(text) => json!(STANDARD.encode(text)),
        Value::Okay => json!("OK"),
        Value::Array(items) => items.into_iter().map(result).collect(),
        Value::Nil => Json::Null,
        other => panic!("{other:?}"),
    }
}
