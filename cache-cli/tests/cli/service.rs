//! A service with the admin routes, and what the command shows of it.

use std::{net::SocketAddr, process::Command, time::Duration};

use axum::Router;
use cachery::{
    Caches,
    axum::{Access, routes},
    cached,
};
use cachery_test_support::{Config, Server};
use tokio::net::TcpListener;

use crate::support::{Run, command, run};

/// A bound for waits on a busy machine.
const LONG: Duration = Duration::from_secs(60);
const TOKEN: &str = "a-token-of-the-tests";
pub(crate) const READER: &str = "a-token-that-only-reads";

/// A cache of users.
#[cached(name = "cli-users", ttl = "10m")]
pub(crate) async fn user(id: u64) -> String {
    format!("user {id}")
}

/// Serves the routes of `caches` below `/ops`, and returns its URL. The server ends with the
/// runtime of the test.
pub(crate) async fn serve(caches: &Caches) -> String {
    let access = Access::token("tests", TOKEN).read_token("reader", READER);
    let app = Router::new().nest("/ops", routes(caches.clone(), access));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/ops")
}

/// Returns the command for the service at `url`.
pub(crate) fn at(url: &str, arguments: &[&str]) -> Command {
    let mut command = command();
    command.args(arguments).env("CACHERY_URL", url).env("CACHERY_TOKEN", TOKEN);
    command
}

/// Runs the command beside the runtime that serves.
pub(crate) async fn ask(url: &str, arguments: &[&str]) -> Run {
    let mut command = at(url, arguments);
    run_beside(move || run(&mut command)).await
}

async fn run_beside(act: impl FnOnce() -> Run + Send + 'static) -> Run {
    tokio::task::spawn_blocking(act).await.expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_shown_level_by_level() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    ask(&url, &["health"]).await.says(0, &["is up.", "ok application", "ok cache cli-users"]);
    caches.get("cli-users").expect("it is a cache").set_enabled(false);
    ask(&url, &["health"]).await.says(1, &["is degraded.", "it is switched off", "/enable"]);
    let json = ask(&url, &["--json", "health"]).await.json();
    assert_eq!(json["status"], "degraded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_down_is_in_the_health_with_what_to_do() {
    let server = Server::with(|config: &mut Config| config).await;
    let builder = Caches::builder().isolated().redis_url(server.url()).required(true);
    let tiered = cachery::config::CacheSettings::new().backend(cachery::Backend::Tiered);
    let caches = builder.cache("cli-users", tiered).build().await.expect("Redis is up");
    let url = serve(&caches).await;
    ask(&url, &["health"]).await.says(0, &["is up."]);
    server.kill();
    // A call meets the fault; the routes look at the servers at most once a second.
    cachery_test_support::eventually("the health is down", LONG, async || {
        caches.scope(user(1)).await;
        (ask(&url, &["health"]).await.code == Some(1)).then_some(())
    })
    .await;
    ask(&url, &["health"]).await.says(1, &["is down.", "Redis is required and cannot be used"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_a_table_and_json() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    caches
        .scope(async {
            for id in [1, 1, 1, 2] {
                user(id).await;
            }
        })
        .await;
    let table = ask(&url, &["stats", "cli-users"]).await;
    table.says(0, &["cache calls", "cli-users 4"]);
    assert!(table.out.lines().all(|line| line.chars().count() <= 100), "{}", table.out);
    let one = ask(&url, &["stats", "cli-users", "--json"]).await.json();
    assert_eq!((&one["stats"]["hits"], &one["stats"]["misses"]), (&2.into(), &2.into()));
    let all = ask(&url, &["stats", "--json"]).await.json();
    assert!(all["total"]["hits"] == 2 && all["caches"].is_array(), "{all:#}");
    ask(&url, &["stats", "cli-user"]).await.says(2, &["did you mean `cli-users`?"]);
    ask(&url, &["stats", "--watch"]).await.says(2, &["--watch needs a terminal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_service_are_shown_with_their_sources() {
    let url = serve(&Caches::isolated()).await;
    let at = format!("--url={url}");
    ask(&url, &["config", "cli-users", &at])
        .await
        .says(0, &["10m from the attribute", "service.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_misses_is_explained() {
    let caches = Caches::isolated();
    caches.clock().stop();
    let url = serve(&caches).await;
    ask(&url, &["explain", "cli-users"]).await.says(0, &["not called yet", "for 600 s at most"]);
    caches.scope(user(1)).await;
    caches.clock().advance(Duration::from_secs(3600));
    caches.scope(user::invalidate(2)).await;
    let words =
        ["in the memory of this process", "1 invalidations", "ttl 10m (from the attribute)"];
    ask(&url, &["explain", "cli-users"]).await.says(0, &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_and_never_repeated() {
    let url = serve(&Caches::isolated()).await;
    let with = async |token: Option<&'static str>| {
        let mut command = at(&url, &["stats"]);
        match token {
            Some(token) => command.env("CACHERY_TOKEN", token),
            None => command.env_remove("CACHERY_TOKEN"),
        };
        run_beside(move || run(&mut command)).await
    };
    with(None).await.says(2, &["asks for a token", "CACHERY_TOKEN"]);
    let wrong = with(Some("hunter2hunter2hunter2")).await;
    wrong.says(2, &["refuses the token"]);
    assert!(!wrong.err.contains("hunter2"), "{}", wrong.err);
    with(Some("two words")).await.says(2, &["has a space"]);
    with(Some(READER)).await.says(0, &["cli-users"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_without_the_routes_is_told_with_what_to_do() {
    let url = serve(&Caches::isolated()).await;
    let elsewhere = url.replace("/ops", "/opps");
    ask(&elsewhere, &["stats"]).await.says(2, &["no route", "mounts its admin routes"]);
    let json = ask("http://127.0.0.1:1", &["stats", "--json"]).await;
    assert!(json.json()["error"].to_string().contains("nothing listens there"), "{}", json.out);
    run(command().arg("doctor")).says(2, &["which service?", "CACHERY_URL"]);
}
