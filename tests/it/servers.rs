//! The servers and the proxy of the test support do what the other tests rely on.

use cachery_test_support::{
    Cluster,
    Direction::{Replies, Requests},
    Proxy, Sentinel, Server, wait_for,
};
use std::{
    env,
    io::{
        BufRead as _, BufReader,
        ErrorKind::{self, ConnectionReset, WouldBlock},
        Read as _, Write as _,
    },
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(5);
/// The prefix of a line with the name of a directory, from the child of a test.
const HOME: &str = "home: ";

#[tokio::test]
async fn a_server_answers() {
    let server = Server::start().await;
    server.tell(&["SET", "a", "1"]).await;
    assert_eq!(server.ask::<String>(&["GET", "a"]).await, "1");
    assert_eq!((server.calls("get").await, server.calls("mget").await), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_stands_still_while_a_server_is_asked() {
    let before = tokio::time::Instant::now();
    let server = Server::start().await;
    server.restart().await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_killed_server_is_gone_and_restarts_empty_at_its_port() {
    let server = Server::start().await;
    server.tell(&["SET", "a", "1"]).await;
    server.save().await;
    server.kill();
    assert!(TcpStream::connect(server.address()).is_err());
    server.restart().await;
    assert!(TcpStream::connect(server.address()).is_ok());
    assert_eq!(server.ask::<Option<String>>(&["GET", "a"]).await, None);
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let server = Server::start().await;
    server.stop();
    assert!(TcpStream::connect(server.address()).is_err());
}

#[tokio::test]
async fn a_server_comes_back_with_the_data_it_is_given() {
    let server = Server::start().await;
    server.tell(&["SET", "a", "old"]).await;
    let data = server.save().await;
    server.tell(&["SET", "a", "new"]).await;
    server.restart_with(&data).await;
    assert_eq!(server.ask::<String>(&["GET", "a"]).await, "old");
}

#[tokio::test]
async fn a_frozen_server_is_silent_until_it_thaws() {
    let server = Server::start().await;
    server.freeze();
    let mut client = Client::connect(server.address());
    client.send("PING");
    client.patience(Duration::from_millis(100));
    assert_eq!(client.receive().unwrap_err(), WouldBlock);
    client.patience(PATIENCE);
    server.thaw();
    assert_eq!(client.receive().unwrap(), "+PONG\r\n");
}

#[tokio::test]
async fn a_dropped_server_leaves_nothing_behind() {
    let server = Server::start().await;
    let (address, home) = (server.address(), server.certificates().authority);
    assert!(home.exists());
    drop(server);
    assert!(TcpStream::connect(address).is_err() && !home.exists());
}

#[tokio::test]
async fn a_server_dies_with_the_process_of_its_test() {
    let mut test = Command::new(env::current_exe().unwrap())
        .args(["servers::starts_a_server_and_waits", "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stdout.take().unwrap()).lines().map(Result::unwrap);
    let home = lines.find_map(|line| line.strip_prefix(HOME).map(PathBuf::from)).unwrap();
    assert!(home.exists());
    test.kill().and_then(|()| test.wait()).unwrap();
    wait_for("the directory is removed", PATIENCE, || (!home.exists()).then_some(()));
}

#[tokio::test]
#[ignore = "it is the process of the test above"]
async fn starts_a_server_and_waits() {
    let server = Server::start().await;
    println!("\n{HOME}{}", server.certificates().authority.parent().unwrap().display());
    tokio::time::sleep(PATIENCE).await;
}

#[tokio::test]
async fn a_server_wants_the_password_and_the_url_has_it() {
    let server = Server::with(|config| config.password("planted")).await;
    assert!(server.url().contains(":planted@"));
    let mut client = Client::connect(server.address());
    assert!(client.ask("PING").starts_with("-NOAUTH"));
    assert_eq!(client.ask("AUTH planted"), "+OK\r\n");
    assert_eq!(server.connections().await.len(), 1);
}

#[tokio::test]
async fn a_user_may_do_what_its_rules_say() {
    let server =
        Server::with(|config| config.user("app", "planted", "~app:* &* +@all -eval")).await;
    let mut client = Client::connect(server.address());
    assert!(client.ask("AUTH planted").starts_with("-WRONGPASS"));
    assert_eq!(client.ask("AUTH app planted"), "+OK\r\n");
    assert_eq!(client.ask("SET app:a 1"), "+OK\r\n");
    assert!(client.ask("GET a").starts_with("-NOPERM"));
    assert!(client.ask("EVAL x 0").starts_with("-NOPERM"));
}

#[tokio::test]
async fn a_server_can_be_on_a_unix_socket_only() {
    let server = Server::with(|config| config.unix()).await;
    let url = server.url();
    let client = ::redis::Client::open(url).expect("the URL is understood");
    let reply: String = ::redis::cmd("PING").query(&mut client.get_connection().unwrap()).unwrap();
    assert_eq!(reply, "PONG");
    assert!(TcpStream::connect(server.address()).is_err());
}

#[tokio::test]
async fn a_server_can_want_certificates() {
    let (server, other) = (mutual_tls().await, mutual_tls().await);
    let (files, others) = (server.certificates(), other.certificates());
    let client: [&Path; 4] =
        ["--cert".as_ref(), &files.client, "--key".as_ref(), &files.client_key];
    assert_eq!(ping_by_tls(&server, &files.authority, &client), "PONG\n");
    assert_eq!(ping_by_tls(&server, &files.authority, &[]), "");
    assert_eq!(ping_by_tls(&server, &others.authority, &client), "");
}

#[tokio::test]
async fn a_proxy_passes_and_cuts_and_refuses() {
    let (_server, proxy, mut client) = proxied().await;
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    proxy.cut();
    assert_eq!(client.receive().unwrap_err(), ConnectionReset);
    assert_eq!(Client::connect(proxy.address()).ask("PING"), "+PONG\r\n");
    assert_eq!(proxy.accepted(), 2);
    proxy.refuse();
    assert_eq!(Client::connect(proxy.address()).receive().unwrap_err(), ConnectionReset);
    assert_eq!(proxy.accepted(), 3);
    proxy.pass();
    assert_eq!(Client::connect(proxy.address()).ask("PING"), "+PONG\r\n");
}

#[tokio::test]
async fn a_proxy_holds_back_one_direction() {
    let (server, proxy, mut client) = proxied().await;
    proxy.stall(Requests);
    client.send("SET a 1");
    wait_for("the request is held back", PATIENCE, || (proxy.held(Requests) == 1).then_some(()));
    assert!(!server.ask::<bool>(&["EXISTS", "a"]).await);
    proxy.pass();
    assert_eq!(client.receive().unwrap(), "+OK\r\n");
    proxy.stall(Replies);
    client.send("SET a 2");
    wait_for("the reply is held back", PATIENCE, || (proxy.held(Replies) == 1).then_some(()));
    assert_eq!(server.ask::<String>(&["GET", "a"]).await, "2");
}

#[tokio::test]
async fn a_proxy_delays() {
    let (_server, proxy, mut client) = proxied().await;
    let delay = Duration::from_millis(50);
    proxy.delay(Requests, delay);
    proxy.delay(Replies, delay);
    let start = Instant::now();
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    assert!(start.elapsed() >= 2 * delay);
}

#[tokio::test]
async fn a_proxy_truncates_one_reply_and_garbles_all() {
    let (_server, proxy, mut client) = proxied().await;
    proxy.truncate_next_reply(3);
    client.send("PING");
    let received = [client.receive(), client.receive()];
    let received = received.each_ref().map(|part| part.as_deref().map_err(|&kind| kind));
    // A reset may overtake the three bytes.
    let (in_order, overtaken) = ([Ok("+PO"), Err(ConnectionReset)], [Err(ConnectionReset), Ok("")]);
    assert!(received == in_order || received == overtaken, "{received:?}");
    let mut client = Client::connect(proxy.address());
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    proxy.garble(Replies);
    assert!(!client.ask("PING").contains("PONG"));
}

#[tokio::test]
async fn a_cluster_survives_a_masters_death() {
    let cluster = Cluster::start(3, 1).await;
    let master = cluster.kill_master_of("a").await;
    let next = cluster.master_of("a").await;
    cluster.settled().await;
    assert_ne!(master.port(), next.port());
    assert!(!next.ask::<bool>(&["EXISTS", "a"]).await);
    assert_eq!(cluster.url().matches("127.0.0.1:").count(), 6);
    master.restart().await;
    cluster.settled().await;
    assert_eq!(cluster.master_of("a").await.port(), next.port());
}

#[tokio::test]
async fn sentinels_fail_over() {
    let group = Sentinel::start().await;
    let master = group.kill_master().await;
    let next = group.master().await;
    assert_ne!(master.port(), next.port());
    next.tell(&["SET", "a", "1"]).await;
}

async fn mutual_tls() -> Server {
    Server::with(|config| config.mutual_tls()).await
}

fn ping_by_tls(server: &Server, authority: &Path, client: &[&Path]) -> String {
    let output = Command::new("redis-cli")
        .args(["--tls", "-p", &server.port().to_string(), "--cacert"])
        .arg(authority)
        .args(client)
        .arg("PING")
        .output()
        .expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn proxied() -> (Server, Proxy, Client) {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let client = Client::connect(proxy.address());
    (server, proxy, client)
}

/// A connection that sends lines of text.
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let client = Self(TcpStream::connect(address).expect("a server listens"));
        client.patience(PATIENCE);
        client
    }

    fn patience(&self, patience: Duration) {
        self.0.set_read_timeout(Some(patience)).expect("the time is not zero");
    }

    fn send(&mut self, command: &str) {
        self.0.write_all(format!("{command}\r\n").as_bytes()).expect("the connection stands");
    }

    fn receive(&mut self) -> Result<String, ErrorKind> {
        let mut buffer = [0; 1024];
        let length = self.0.read(&mut buffer).map_err(|error| error.kind())?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.receive().expect("there is a reply in time")
    }
}
