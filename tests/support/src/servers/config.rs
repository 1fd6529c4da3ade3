//! The configuration of a server.

use std::{env, path::Path};

use super::admin;
use crate::Certificates;

/// The variable with further lines of `redis.conf`, separated by `;`, for each server.
const LINES: &str = "CACHERY_REDIS_LINES";

/// The configuration of a server. The rest is as redis-server has it, except that nothing is saved.
#[derive(Clone, Debug, Default)]
pub struct Config {
    lines: Vec<String>,
    user: &'static str,
    password: &'static str,
    listens: Listens,
    mode: Mode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Listens {
    #[default]
    Tcp,
    MutualTls,
    OwnTls,
    Unix,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Mode {
    #[default]
    Standalone,
    ClusterNode,
    Sentinel,
}

impl Config {
    /// Adds any line of `redis.conf`.
    pub fn line(&mut self, line: impl Into<String>) -> &mut Self {
        self.lines.push(line.into());
        self
    }

    /// Clients need this password.
    pub fn password(&mut self, password: &'static str) -> &mut Self {
        self.password = password;
        self.line(format!("requirepass {password}"))
    }

    /// Clients need to be this user, whose rules are ACL rules such as `~app:* &* +@all`.
    pub fn user(&mut self, user: &'static str, password: &'static str, rules: &str) -> &mut Self {
        self.user = user;
        self.password = password;
        self.line("user default off").line(format!("user {user} on >{password} {rules}"))
    }

    /// A unix socket, and no port.
    pub fn unix(&mut self) -> &mut Self {
        self.listens = Listens::Unix;
        self
    }

    /// TLS only, with the server's [certificates](super::Server::certificates), for clients that
    /// have one, too.
    pub fn mutual_tls(&mut self) -> &mut Self {
        self.listens = Listens::MutualTls;
        self
    }

    /// TLS only, with the [certificate](Certificates::own) that is signed by itself.
    pub fn own_tls(&mut self) -> &mut Self {
        self.listens = Listens::OwnTls;
        self
    }

    pub(super) fn mode(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// The arguments of redis-server after the name of the file.
    pub(super) fn arguments(&self) -> &'static [&'static str] {
        if self.mode == Mode::Sentinel { &["--sentinel"] } else { &[] }
    }

    /// The text of the file.
    pub(super) fn text(&self, home: &Path, port: u16) -> String {
        let mut text = format!(
            "bind 127.0.0.1\ndir \"{home}\"\nunixsocket \"{home}/{socket}\"\n{user}\n",
            home = home.display(),
            socket = admin::SOCKET,
            user = admin::USER_LINE,
        );
        for line in [self.listening(home, port), self.role()].iter().chain(&self.lines) {
            text.extend([line, "\n"]);
        }
        if self.mode != Mode::Sentinel {
            text.extend(self.lines_from_outside());
        }
        text
    }

    /// Lines of the variable. A test that has users of its own keeps them.
    fn lines_from_outside(&self) -> Vec<String> {
        let lines = env::var(LINES).unwrap_or_default();
        let lines = lines.split(';').map(str::trim);
        lines
            .filter(|line| self.password.is_empty() || !line.starts_with("user "))
            .map(|line| format!("{line}\n"))
            .collect()
    }

    fn listening(&self, home: &Path, port: u16) -> String {
        match self.listens {
            Listens::Tcp => format!("port {port}"),
            Listens::Unix => "port 0".into(),
            Listens::OwnTls => {
                let Certificates { own, own_key, .. } = Certificates::of(home);
                format!(
                    "port 0\ntls-port {port}\ntls-cert-file \"{}\"\ntls-key-file \"{}\"\n\
                     tls-auth-clients no",
                    own.display(),
                    own_key.display(),
                )
            }
            Listens::MutualTls => {
                let Certificates { authority, server, server_key, .. } = Certificates::of(home);
                format!(
                    "port 0\ntls-port {port}\ntls-ca-cert-file \"{}\"\n\
                     tls-cert-file \"{}\"\ntls-key-file \"{}\"\ntls-auth-clients yes",
                    authority.display(),
                    server.display(),
                    server_key.display(),
                )
            }
        }
    }

    fn role(&self) -> String {
        // Replicas connect as the tests' user, whatever their master asks of others.
        let store = format!(
            "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\nmasteruser {}\nmasterauth any",
            admin::USER
        );
        match self.mode {
            Mode::Standalone => store,
            Mode::ClusterNode => format!(
                "{store}\ncluster-enabled yes\ncluster-node-timeout 1000\n\
                 cluster-announce-ip 127.0.0.1"
            ),
            Mode::Sentinel => String::new(),
        }
    }

    /// The URL for clients that connect to `port`.
    pub(super) fn url(&self, home: &Path, port: u16) -> String {
        let credentials = self.credentials();
        match self.listens {
            Listens::Tcp => format!("redis://{credentials}127.0.0.1:{port}"),
            Listens::MutualTls | Listens::OwnTls => {
                format!("rediss://{credentials}127.0.0.1:{port}")
            }
            Listens::Unix => {
                format!("redis+unix://{}{}", home.join(admin::SOCKET).display(), self.query())
            }
        }
    }

    /// The credentials before the host in a URL.
    pub(super) fn credentials(&self) -> String {
        let Self { user, password, .. } = self;
        if password.is_empty() { String::new() } else { format!("{user}:{password}@") }
    }

    /// The credentials in the URL of a unix socket.
    fn query(&self) -> String {
        match self {
            Self { password: "", .. } => String::new(),
            Self { user: "", password, .. } => format!("?pass={password}"),
            Self { user, password, .. } => format!("?user={user}&pass={password}"),
        }
    }
}
