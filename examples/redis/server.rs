//! A `redis-server` of our own.

use std::{
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const INSTALL: &str = "install it, as by `apt-get install -y redis-server` or `brew install redis`, or set REDIS_URL to one that runs";
const PATIENCE: Duration = Duration::from_secs(5);

/// Kills the server when standard input ends, which it does with this program, however that ends.
const GUARD: &str = r#"redis-server "$@" >/dev/null 2>&1 & read -r _; kill -9 $!"#;

/// A server that holds nothing on disk.
pub(crate) struct Server {
    port: u16,
    running: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        version.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("there is no redis-server: {INSTALL}"),
            _ => format!("redis-server cannot be started ({error}): {INSTALL}"),
        })?;
        let mut server = Self { port: free_port()?, running: None };
        server.restart()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        if let Some(mut guard) = self.running.take() {
            drop(guard.stdin.take());
            // A guard that cannot be waited for has ended.
            let _ = guard.wait();
        }
    }

    /// Starts it, empty, and waits until it listens.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", "--save", "", "--bind", "127.0.0.1", "--port"])
            .arg(self.port.to_string())
            .stdin(Stdio::piped())
            .spawn();
        self.running =
            Some(guard.map_err(|error| format!("there is no shell to start redis-server: {error}"))?);
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if began.elapsed() > PATIENCE {
                return Err(format!(
                    "redis-server does not listen on port {} after 5 s: {INSTALL}",
                    self.port
                ));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(|error| format!("no port is free: {error}"))?.port())
}
