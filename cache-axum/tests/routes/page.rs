//! The live page and its stream.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::{Method, Request, StatusCode},
};
use cachery::{
    Caches,
    axum::{Access, routes},
};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::support::{OPS, assert_private, calls, get, post, program, request, send};

const STREAM: &str = "/cache/stream";

fn bare(path: &str) -> Request<Body> {
    request(Method::GET, path).body(Body::empty()).unwrap()
}

fn lines(body: &str) -> Vec<Value> {
    body.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Opens a stream that is not read, or returns the status by which it is refused.
async fn open(app: &Router) -> Result<BodyDataStream, StatusCode> {
    let response = app.clone().oneshot(get(STREAM)).await.expect("a router does not fail");
    if response.status() == StatusCode::OK {
        Ok(response.into_body().into_data_stream())
    } else {
        Err(response.status())
    }
}

#[tokio::test]
async fn the_page_needs_no_token_has_no_data_and_runs_nothing_but_its_script() {
    let (_, app) = program().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = send(&app, bare("/cache")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.header("content-type").starts_with("text/html"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(page.headers.get("set-cookie").is_none());
        let policy = page.header("content-security-policy");
        for rule in ["default-src 'self'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(policy.split("; ").any(|one| one == rule), "{rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let (_, rest) = policy.split_once("script-src 'nonce-").expect("a nonce");
        let nonce = &rest[..32];
        assert_eq!(page.body.matches(nonce).count(), 2, "one for the style, one for the script");
        assert!(!page.body.contains("routes-") && page.body.contains("data-reads=\"token\""));
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn the_page_asks_nobody_else_and_stores_nothing() {
    let (_, app) = program().await;
    let page = send(&app, bare("/cache")).await.body;
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"));
    for word in ["localStorage", "sessionStorage", "indexedDB", "cookie =", "innerHTML", "eval("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(!page.contains("{nonce}") && !page.contains("{script}") && !page.contains("{reads}"));
}

#[tokio::test(start_paused = true)]
async fn the_page_knows_whether_reads_need_a_token() {
    let access = || Access::token("ops", OPS);
    let closed = routes(Caches::isolated(), access());
    let open = routes(Caches::isolated(), access().open_reads());
    assert!(send(&closed, bare("/cache")).await.body.contains("data-reads=\"token\""));
    assert!(send(&open, bare("/cache")).await.body.contains("data-reads=\"open\""));
    assert_eq!(send(&closed, bare(STREAM)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&open, bare(STREAM)).await.status, StatusCode::OK);
    let nothing = routes(Caches::isolated(), None);
    for path in ["/cache", STREAM] {
        assert_eq!(send(&nothing, bare(path)).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_all_at_first_then_what_changed_and_ends_soon() {
    let (caches, app) = program().await;
    tokio::time::sleep(Duration::from_secs(31)).await;
    let began = tokio::time::Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        caches.scope(calls()).await;
    };
    let (reply, ()) = tokio::join!(send(&app, get(STREAM)), later);
    assert!(began.elapsed() < Duration::from_secs(20), "a shutdown waits no longer");
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let lines = lines(&reply.body);
    assert!(lines.len() >= 5, "{}", reply.body);
    let names = |line: &Value| {
        let caches = line["caches"].as_array().unwrap().iter();
        caches.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&lines[0]), caches.names());
    assert_eq!(lines[0]["count"], caches.names().len());
    let before = lines[0]["caches"].as_array().unwrap();
    let price = before.iter().find(|one| one["name"] == "routes-price").unwrap();
    assert_eq!((&price["numbers"]["size"], &price["status"]), (&2.into(), &"up".into()));
    assert_eq!(price["saved"], Value::Null, "its loads cost nothing");
    let points = lines[0]["points"].as_array().unwrap();
    assert_eq!(points.len(), 2, "one for each sample: {points:?}");
    // The calls come between the second line and the third.
    assert_eq!(lines[1]["caches"].as_array().unwrap().len(), 0, "{}", lines[1]);
    assert_eq!(lines[1]["incidents"], Value::Null);
    assert_eq!(names(&lines[2]), ["routes-price"]);
    let newest = points[1]["at"].as_u64().unwrap();
    let next = send(&app, get(&format!("{STREAM}?after={newest}"))).await;
    let next = serde_json::from_str::<Value>(next.body.lines().next().unwrap()).unwrap();
    let at = |point: &Value| point["at"].as_u64().unwrap();
    assert!(next["points"].as_array().unwrap().iter().all(|point| at(point) > newest));
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_who_may_change_something() {
    let (_, app) = program().await;
    let reader = lines(&send(&app, get(STREAM)).await.body);
    assert_eq!(reader[0]["may_change"], false);
    let (mut parts, body) = get(STREAM).into_parts();
    parts.headers = post(STREAM, "").headers().clone();
    let ops = send(&app, Request::from_parts(parts, body)).await;
    assert_eq!(lines(&ops.body)[0]["may_change"], true);
}

#[tokio::test(start_paused = true)]
async fn streams_are_bounded_and_one_that_nobody_reads_ends_all_the_same() {
    let (_, app) = program().await;
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(open(&app).await.expect("there is room"));
    }
    let refused = send(&app, get(STREAM)).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(send(&app, get("/health")).await.status, StatusCode::OK);
    // A page that is closed makes room.
    held.pop();
    tokio::time::sleep(Duration::from_secs(3)).await;
    held.push(open(&app).await.expect("one was closed"));
    // Those that stay open without being read do not hold theirs.
    tokio::time::sleep(Duration::from_secs(30)).await;
    for _ in 0..16 {
        held.push(open(&app).await.expect("all have ended"));
    }
}

#[tokio::test(start_paused = true)]
async fn thousands_of_streams_leave_the_routes_serving() {
    let (caches, app) = program().await;
    let mut held = Vec::new();
    for nth in 0..5_000_u32 {
        let path = format!("{STREAM}?after=planted&after={nth}&after=-1&%00=%ff");
        let response = app.clone().oneshot(get(&path)).await.unwrap();
        assert_private(&path, &format!("{:?}", response.headers()));
        held.push(response);
        if nth % 64 == 0 {
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    }
    let served = held.iter().filter(|response| response.status() == StatusCode::OK).count();
    assert!((16..1000).contains(&served), "{served}");
    assert_eq!(send(&app, get("/health")).await.status, StatusCode::OK);
    assert_eq!(caches.get("routes-price").unwrap().stats().loads, 3);
}

#[tokio::test(start_paused = true)]
async fn an_incident_is_noted_while_nobody_asks() {
    let (caches, app) = program().await;
    let cache = caches.get("routes-price").unwrap();
    let pass = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
    pass(31).await;
    cache.set_enabled(false);
    pass(45).await;
    cache.set_enabled(true);
    pass(31).await;
    let first = lines(&send(&app, get(STREAM)).await.body).swap_remove(0);
    let [incident] = &first["incidents"].as_array().unwrap()[..] else { panic!("{first:#}") };
    assert_eq!((&incident["level"], &incident["name"]), (&"cache".into(), &"routes-price".into()));
    assert_eq!(incident["cause"], "it is switched off");
    assert!(incident["todo"].as_str().unwrap().contains("/api/cache/routes-price/enable"));
    let [since, until] = ["since", "until"].map(|field| incident[field].as_u64().unwrap());
    assert!((30..=60).contains(&(until - since)), "{incident}");
    let health = send(&app, get("/health")).await.json();
    let levels = health["levels"].as_array().unwrap();
    let level = levels.iter().find(|level| level["name"] == "routes-price").unwrap();
    let history = level["history"].as_array().unwrap();
    let statuses: Vec<_> = history.iter().map(|seen| seen["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["up", "degraded", "up"]);
    assert_eq!(level["since"], history[2]["since"]);
}
