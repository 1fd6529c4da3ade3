//! The spans of the service, read back from an OTLP sink in this process, and its log lines.

use std::{
    io::{BufRead as _, BufReader, Lines, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use cachery_test_support::{Config, Server};
use serde_json::Value;

/// The argument of each call. It must be in no span and in no log line.
const PLANTED: &str = "planted-argument";

/// The spans that an exporter has sent.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<Bytes>>>);

impl Sink {
    /// Listens at a free port, and returns its URL.
    async fn listen(&self) -> String {
        async fn take(State(sink): State<Sink>, body: Bytes) -> (StatusCode, &'static str) {
            sink.0.lock().expect("nobody panics").push(body);
            (StatusCode::OK, "{}")
        }
        let app = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    /// Returns all spans that came as JSON.
    fn spans(&self) -> Vec<Span> {
        let bodies = self.0.lock().expect("nobody panics").clone();
        let bodies = bodies.iter().map(|body| serde_json::from_slice::<Value>(body).expect("JSON"));
        let mut spans = Vec::new();
        for body in bodies {
            let resources = list(&body["resourceSpans"]);
            let scopes = resources.iter().flat_map(|resource| list(&resource["scopeSpans"]));
            spans.extend(scopes.flat_map(|scope| list(&scope["spans"])).map(Span));
        }
        spans
    }

    fn text(&self) -> String {
        let bodies = self.0.lock().expect("nobody panics");
        bodies.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect()
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// A span in the JSON of OTLP.
struct Span(Value);

impl Span {
    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// Returns an attribute as text.
    fn attribute(&self, key: &str) -> String {
        let attributes = list(&self.0["attributes"]);
        let found = attributes.iter().find(|attribute| attribute["key"] == key);
        let value = found.map(|attribute| attribute["value"].clone()).unwrap_or_default();
        match (&value["stringValue"], &value["boolValue"]) {
            (Value::String(text), _) => text.clone(),
            (_, Value::Bool(value)) => value.to_string(),
            _ => String::new(),
        }
    }

    fn links_to(&self, other: &Self) -> bool {
        list(&self.0["links"]).iter().any(|link| link["spanId"] == other.0["spanId"])
    }

    fn is_child_of(&self, other: &Self) -> bool {
        self.text("parentSpanId") == other.text("spanId")
            && self.text("traceId") == other.text("traceId")
    }
}

/// The service in a process of its own.
struct Service {
    child: Child,
    address: String,
    /// Open until the end: a process that prints into a closed pipe fails.
    _printed: Lines<BufReader<ChildStdout>>,
}

impl Service {
    fn start(redis: &Server, variables: &[(&str, &str)]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_cachery-otel"));
        Self::start_by(command, redis, variables)
    }

    fn start_by(mut command: Command, redis: &Server, variables: &[(&str, &str)]) -> Self {
        command.arg("127.0.0.1:0").env("REDIS_URL", redis.url()).envs(variables.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is built");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let url = lines.next().expect("it prints its address").expect("in UTF-8");
        let address = url.trim_start_matches("http://").to_owned();
        Self { child, address, _printed: lines }
    }

    /// Gets a path, and returns the response.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            .expect("it reads");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("it replies");
        response
    }

    /// Ends the service as an orchestrator does, and returns its log.
    fn stop(self) -> String {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").arg(id).status().expect("there is `kill`");
        assert!(killed.success());
        let output = self.child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).expect("it logs in UTF-8")
    }
}

/// Has several callers ask for one key at once, and one more after them.
fn call(service: &Service) {
    let path = format!("/sentiment/{PLANTED}");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert!(service.get(&path).contains("200 OK")));
        }
    });
    assert!(service.get(&path).contains("all of them kind"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_a_child_of_its_call_and_followers_link_to_it() {
    let sink = Sink::default();
    let endpoint = sink.listen().await;
    let work = move || {
        let redis = Server::launch(Config::default());
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_SERVICE_NAME", "shop"),
        ];
        let service = Service::start(&redis, &variables);
        call(&service);
        service.stop()
    };
    let log = tokio::task::spawn_blocking(work).await.expect("it ends well");
    let spans = sink.spans();
    let named =
        |name: &str| spans.iter().filter(|span| span.text("name") == name).collect::<Vec<_>>();

    let requests = named("request");
    assert_eq!(requests.len(), 4);
    let [load] = named("cache.load")[..] else { panic!("one load: {}", named("cache.load").len()) };
    let attributes = |span: &Span| {
        ["cache.name", "cache.hit", "cache.tier", "cache.coalesced"].map(|key| span.attribute(key))
    };
    assert_eq!(attributes(load), ["sentiment", "false", "none", "false"]);
    assert!(requests.iter().any(|request| load.is_child_of(request)));

    let waits = named("cache.wait");
    assert_eq!(waits.len(), 2, "two callers waited");
    for wait in &waits {
        assert_eq!(attributes(wait), ["sentiment", "false", "none", "true"]);
        assert!(wait.links_to(load) && !wait.is_child_of(load));
        assert!(requests.iter().any(|request| wait.is_child_of(request)));
    }
    let gets = named("cache.get");
    assert!(!gets.is_empty() && gets.iter().all(|get| get.attribute("cache.tier") == "remote"));
    let redis = named("cache.redis");
    assert!(redis.iter().any(|request| gets.iter().any(|get| request.is_child_of(get))));

    assert!(sink.text().contains("shop"), "the standard variables name the service");
    for word in [PLANTED, "never shown", "all of them kind"] {
        assert!(!sink.text().contains(word), "{word} is in a span");
        assert!(!log.contains(word), "{word} is in the log:\n{log}");
    }
    let line = log.lines().find(|line| line.contains("asking the upstream")).expect("it is logged");
    let line: Value = serde_json::from_str(line).expect("it is JSON");
    assert_eq!(line["trace_id"], load.text("traceId"));
    assert_eq!((&line["span_id"], &line["password"]), (&load.0["spanId"], &"[redacted]".into()));
    println!(
        "spans: {} of 4 calls, with parents, links and attributes, and without arguments",
        spans.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_protocol_is_spoken() {
    let sink = Sink::default();
    let endpoint = sink.listen().await;
    let work = move || {
        let redis = Server::launch(Config::default());
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
        let service = Service::start(&redis, &variables);
        call(&service);
        service.stop()
    };
    tokio::task::spawn_blocking(work).await.expect("it ends well");
    assert!(sink.text().contains("cache.load") && !sink.text().contains(PLANTED));
}

#[test]
fn without_an_endpoint_nothing_is_sent_and_logs_are_for_people_where_wanted() {
    let redis = Server::launch(Config::default());
    let service = Service::start(&redis, &[("PRETTY_LOGS", "true"), ("LOG_LEVEL", "info")]);
    call(&service);
    let log = service.stop();
    let line = log.lines().find(|line| line.contains("asking the upstream")).expect("it is logged");
    assert!(serde_json::from_str::<Value>(line).is_err(), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_of_ten_caches_sends_its_spans() {
    let sink = Sink::default();
    let endpoint = sink.listen().await;
    let work = move || {
        let redis = Server::launch(Config::default());
        let data = tempfile::tempdir().expect("a directory");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("CACHE_ENV", "production"),
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights-traced"));
        command.arg("--data").arg(data.path()).args(["--latency", "1"]);
        let service = Service::start_by(command, &redis, &variables);
        assert!(service.get(&format!("/{PLANTED}/feedback/7")).contains("200 OK"));
        service.stop()
    };
    let log = tokio::task::spawn_blocking(work).await.expect("it ends well");
    let spans = sink.spans();
    let named =
        |name: &str| spans.iter().filter(|span| span.text("name") == name).collect::<Vec<_>>();
    let [request] = named("request")[..] else { panic!("one request: {}", spans.len()) };
    assert_eq!(request.attribute("http.route"), "/{tenant}/feedback/{id}");
    let loads = named("cache.load");
    assert!(loads.len() >= 7, "{}", loads.len());
    assert!(loads.iter().all(|load| load.text("traceId") == request.text("traceId")));
    assert!(loads.iter().any(|load| load.attribute("cache.name") == "sentiment"));
    for word in [PLANTED, "prices"] {
        assert!(!sink.text().contains(word), "{word} is in a span");
        assert!(!log.contains(word), "{word} is in the log:\n{log}");
    }
    println!("spans: {} of a page of the service of ten caches, all in one trace", spans.len());
}
