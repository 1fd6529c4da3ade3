//! The example of the routes, asked over a socket as its own lines say.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::example;

/// The example while it serves. It is killed when its test ends, however that ends.
struct Serving {
    child: Child,
    address: String,
    /// The lines that it printed, beginning with the one that names its address.
    lines: Vec<String>,
}

impl Serving {
    fn start() -> Self {
        let mut command = example("axum");
        let mut child =
            command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().expect("it is built");
        let printed = BufReader::new(child.stdout.take().expect("it is piped"));
        let lines: Vec<_> = printed.lines().take(7).map(|line| line.expect("UTF-8")).collect();
        let (_, rest) = lines[0].split_once("http://").expect("a URL");
        let address = rest.split('/').next().expect("an address").to_owned();
        Self { child, address, lines }
    }

    fn connect(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("it serves");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("not zero");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    }

    /// Sends a request as `curl` does, and returns the whole response.
    fn ask(&self, line: &str, headers: &str) -> String {
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        let mut response = String::new();
        self.connect(&request).read_to_string(&mut response).expect("UTF-8");
        response
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const TOKEN: &str = "authorization: Bearer only-for-this-example\r\n";
const JSON: &str = "content-type: application/json\r\ncontent-length: 0\r\n";

#[test]
fn the_axum_example_shows_all_routes_with_one_function() {
    let served = Serving::start();
    let ok = |response: String, words: &[&str]| {
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(words.iter().all(|word| response.contains(word)), "{words:?} in {response}");
    };
    for path in ["sentiment/great", "ops/cache", "ops/health/ready", "ops/metrics"] {
        assert!(served.lines.iter().any(|line| line.contains(path)), "{:?}", served.lines);
    }
    for _ in 0..2 {
        ok(served.ask("GET /sentiment/great", ""), &["1 words"]);
    }
    ok(served.ask("GET /ops/cache", ""), &["content-security-policy", "<title>Caches</title>"]);
    ok(served.ask("GET /ops/health/ready", ""), &[r#"{"status":"up"}"#]);
    ok(served.ask("GET /ops/health", TOKEN), &[r#""level":"cache""#, "sentiment"]);
    ok(served.ask("GET /ops/api/cache/sentiment", TOKEN), &[r#""hits":1,"misses":1"#]);
    let table = served.ask("GET /ops/api/cache/stats", &format!("{TOKEN}accept: text/plain\r\n"));
    ok(table, &["cache", "sentiment"]);
    ok(served.ask("GET /ops/metrics", TOKEN), &["cache_gets_total{cache=\"sentiment\""]);
    let changes = format!("{TOKEN}{JSON}");
    ok(served.ask("POST /ops/api/cache/sentiment/clear", &changes), &[r#""reach":"local""#]);
    ok(served.ask("GET /sentiment/great", ""), &["1 words"]);
    ok(served.ask("GET /ops/api/cache/sentiment", TOKEN), &[r#""hits":1,"misses":2"#]);
    let refused = served.ask("GET /ops/health", "");
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
}

#[test]
fn the_axum_example_ends_while_a_page_is_open() {
    let mut served = Serving::start();
    let request = format!("GET /ops/cache/stream HTTP/1.1\r\nhost: x\r\n{TOKEN}\r\n");
    let mut page = served.connect(&request);
    page.read_exact(&mut [0; 512]).expect("the stream has begun");
    let process = i32::try_from(served.child.id()).ok().and_then(Pid::from_raw);
    kill_process(process.expect("it is small"), Signal::INT).expect("it runs");
    let mut rest = Vec::new();
    page.read_to_end(&mut rest).expect("the stream ends");
    let began = Instant::now();
    while served.child.try_wait().expect("it is ours").is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}
