//! How a server is to be run.

use std::path::Path;

use super::{admin, certificates::Certificates};

/// What is not said is as redis-server has it, except that nothing is saved.
#[derive(Clone, Default)]
pub(crate) struct Config {
    lines: Vec<String>,
    user: &'static str,
    password: &'static str,
    listens: Listens,
    mode: Mode,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Listens {
    #[default]
    Tcp,
    Tls {
        asks_clients: bool,
    },
    Unix,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Mode {
    #[default]
    Standalone,
    ClusterNode,
    Sentinel,
}

/// Where a server listens: for clients, and for the other nodes of its cluster.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) clients: u16,
    pub(super) nodes: u16,
}

impl Config {
    /// Any line of `redis.conf`.
    pub(crate) fn line(&mut self, line: impl Into<String>) -> &mut Self {
        self.lines.push(line.into());
        self
    }

    /// Clients need this password.
    pub(crate) fn password(&mut self, password: &'static str) -> &mut Self {
        self.password = password;
        self.line(format!("requirepass {password}"))
    }

    /// Clients need to be this user, whose rules are ACL rules such as `~app:* &* +@all`.
    pub(crate) fn user(&mut self, user: &'static str, password: &'static str, rules: &str) -> &mut Self {
        (self.user, self.password) = (user, password);
        self.line("user default off").line(format!("user {user} on >{password} {rules}"))
    }

    /// A unix socket, no TCP.
    pub(crate) fn unix(&mut self) -> &mut Self {
        self.listens = Listens::Unix;
        self
    }

    /// TLS only, with the server's [certificates](super::Server::certificates).
    pub(crate) fn tls(&mut self) -> &mut Self {
        self.listens = Listens::Tls { asks_clients: false };
        self
    }

    /// TLS only, for clients that have a certificate.
    pub(crate) fn mutual_tls(&mut self) -> &mut Self {
        self.listens = Listens::Tls { asks_clients: true };
        self
    }

    pub(super) fn mode(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// What redis-server is told after the name of the file.
    pub(super) fn arguments(&self) -> &'static [&'static str] {
        if self.mode == Mode::Sentinel { &["--sentinel"] } else { &[] }
    }

    /// The text of the file.
    pub(super) fn text(&self, home: &Path, ports: Ports) -> String {
        let mut text = format!(
            "bind 127.0.0.1\ndir \"{home}\"\nunixsocket \"{home}/{socket}\"\n{user}\n",
            home = home.display(),
            socket = admin::SOCKET,
            user = admin::USER,
        );
        for line in [self.listening(home, ports), self.role(ports)].iter().chain(&self.lines) {
            text.extend([line, "\n"]);
        }
        text
    }

    fn listening(&self, home: &Path, Ports { clients, .. }: Ports) -> String {
        match self.listens {
            Listens::Tcp => format!("port {clients}"),
            Listens::Unix => "port 0".into(),
            Listens::Tls { asks_clients } => {
                let Certificates { authority, server, server_key, .. } = Certificates::of(home);
                format!(
                    "port 0\ntls-port {clients}\ntls-ca-cert-file \"{}\"\n\
                     tls-cert-file \"{}\"\ntls-key-file \"{}\"\ntls-auth-clients {}",
                    authority.display(),
                    server.display(),
                    server_key.display(),
                    if asks_clients { "yes" } else { "no" },
                )
            }
        }
    }

    fn role(&self, Ports { nodes, .. }: Ports) -> String {
        // Replicas come as the harness, whatever their master asks of others.
        let store =
            "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\nmasteruser harness\nmasterauth any";
        match self.mode {
            Mode::Standalone => store.into(),
            Mode::ClusterNode => format!(
                "{store}\ncluster-enabled yes\ncluster-port {nodes}\ncluster-node-timeout 1000\n\
                 cluster-announce-ip 127.0.0.1"
            ),
            Mode::Sentinel => String::new(),
        }
    }

    /// What a client is told.
    pub(super) fn url(&self, home: &Path, port: u16) -> String {
        let credentials = self.credentials();
        match self.listens {
            Listens::Tcp => format!("redis://{credentials}127.0.0.1:{port}"),
            Listens::Tls { .. } => format!("rediss://{credentials}127.0.0.1:{port}"),
            Listens::Unix => format!("redis+unix://{}{}", home.join(admin::SOCKET).display(), self.query()),
        }
    }

    /// Before the host in a URL.
    pub(super) fn credentials(&self) -> String {
        let Self { user, password, .. } = self;
        if password.is_empty() { String::new() } else { format!("{user}:{password}@") }
    }

    /// The same in the URL of a unix socket.
    fn query(&self) -> String {
        match self {
            Self { password: "", .. } => String::new(),
            Self { user: "", password, .. } => format!("?pass={password}"),
            Self { user, password, .. } => format!("?user={user}&pass={password}"),
        }
    }
}
