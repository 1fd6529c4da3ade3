//! Sentinels, asked for the master before each connection, so that a failover is followed.

use cachery_core::remote::Reason;
use redis::{Pipeline, Value};
use tokio::task::JoinSet;

use super::{
    connect_error::ConnectError,
    credentials::{Credentials, Peer},
    host::Host,
    request_error::RequestError,
    session::Session,
};

/// The sentinels that know one master.
pub(crate) struct Sentinels {
    hosts: Vec<Host>,
    master: String,
}

/// The reason for which a sentinel did not name the master. Later ones tell more.
enum NotNamed {
    /// It was not reached.
    Unreached(ConnectError),
    /// It refused to answer.
    Refused(ConnectError),
    /// It knows no master by this name.
    Unknown,
}

impl Sentinels {
    pub(super) fn new(hosts: Vec<Host>, master: String) -> Self {
        Self { hosts, master }
    }

    pub(super) fn master_name(&self) -> &str {
        &self.master
    }

    /// Asks all sentinels at once. The first reply is believed, because the master must confirm it.
    pub(super) async fn find_master(
        &self,
        credentials: &Credentials,
    ) -> Result<Host, ConnectError> {
        let mut asked = JoinSet::new();
        for host in &self.hosts {
            asked.spawn(ask_by_any(credentials.sentinel_peers(host), self.master.clone()));
        }
        let mut errors = Vec::new();
        while let Some(reply) = asked.join_next().await {
            match reply {
                Ok(Ok(host)) => return Ok(host),
                Ok(Err(error)) => errors.push(error),
                // Their runtime ends.
                Err(_) => {}
            }
        }
        let most_telling = errors.into_iter().max_by_key(NotNamed::rank);
        Err(self.error(most_telling.as_ref()))
    }

    fn error(&self, why: Option<&NotNamed>) -> ConnectError {
        let error = RequestError { counts_against_server: true, ..RequestError::CONNECTING };
        let master = &self.master;
        match why {
            None => ConnectError::new(&error, "no sentinel answers"),
            Some(NotNamed::Unreached(why)) => {
                ConnectError::new(&error, format!("no sentinel answers; the last one: {why}"))
            }
            Some(NotNamed::Refused(why)) => {
                let says = match why.reason {
                    Reason::NoAuth | Reason::WrongPassword => {
                        "the sentinels ask for a password and do not take that of the URL: give \
                         them the user and password of their servers (`requirepass`, or an ACL), \
                         or none"
                    }
                    Reason::NoPermission => {
                        "the sentinels do not let the user ask for the master: grant \
                         `+sentinel|get-master-addr-by-name`"
                    }
                    _ => "the sentinels refuse to name the master",
                };
                why.saying(format!("{says} (`{}`)", why.reason))
            }
            Some(NotNamed::Unknown) => ConnectError::new(
                &error,
                format!(
                    "no sentinel knows a master by the name `{master}`: see `SENTINEL MASTERS`"
                ),
            ),
        }
    }
}

impl NotNamed {
    fn rank(&self) -> u8 {
        match self {
            Self::Unreached(_) => 0,
            Self::Refused(_) => 1,
            Self::Unknown => 2,
        }
    }
}

impl From<ConnectError> for NotNamed {
    fn from(error: ConnectError) -> Self {
        match error.reason {
            Reason::Io | Reason::Timeout | Reason::Connecting => Self::Unreached(error),
            _ => Self::Refused(error),
        }
    }
}

/// Asks one sentinel in each way. Returns the most telling error, of equal ones the last.
async fn ask_by_any(peers: Vec<Peer>, master: String) -> Result<Host, NotNamed> {
    let mut most_telling = NotNamed::Unreached(ConnectError::timeout());
    for peer in &peers {
        match ask(peer, &master).await {
            Ok(host) => return Ok(host),
            Err(error) if error.rank() >= most_telling.rank() => most_telling = error,
            Err(_) => {}
        }
    }
    Err(most_telling)
}

async fn ask(peer: &Peer, master: &str) -> Result<Host, NotNamed> {
    let session = Session::open(peer, None).await?;
    let mut pipeline = Pipeline::new();
    pipeline.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master);
    let mut replies = session.send(&pipeline).await.map_err(|error| ConnectError::of(&error))?;
    match replies.pop() {
        Some(reply @ Value::Array(_)) => {
            let (name, port) = redis::from_redis_value(reply).map_err(|_| NotNamed::Unknown)?;
            Ok(Host { name, port })
        }
        Some(Value::ServerError(error)) => {
            let known = RequestError::of_reply(&error);
            Err(known.map_or(NotNamed::Unknown, |error| ConnectError::from(error).into()))
        }
        _ => Err(NotNamed::Unknown),
    }
}
