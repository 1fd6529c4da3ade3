//! The first request of a session: it names the connection and finds out whether the server can
//! be used.

use redis::{Pipeline, Value};

use super::{
    connect_error::ConnectError,
    info::{ask_for, text_of},
    master_epoch::MasterEpoch,
    request_error::RequestError,
    script::Dialect,
};

/// The role that a server must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A replica shows itself at the first write.
    Any,
    /// Sentinels named it as the master.
    Master,
}

/// The findings of a handshake.
pub(super) struct Found {
    /// The epoch of the master, if it is known.
    pub(super) epoch: Option<MasterEpoch>,
    pub(super) dialect: Dialect,
}

/// Returns the request.
pub(super) fn request() -> Pipeline {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("CLIENT").arg("SETNAME").arg("cachery");
    // A server whose memory is full runs these, too: it can be read.
    pipeline.cmd("EVAL").arg("#!lua flags=allow-oom\nreturn 1").arg(0);
    pipeline.cmd("EVAL").arg("return 1").arg(0);
    pipeline.cmd("ROLE");
    ask_for(&["server", "replication"], &mut pipeline);
    pipeline
}

/// Reads the replies: an error when the server cannot be used, else what was found.
pub(super) fn read(replies: &[Value], role: Role) -> Result<Found, ConnectError> {
    let dialect = match (replies.get(1), replies.get(2)) {
        (Some(Value::ServerError(_)), Some(Value::ServerError(error))) => {
            return Err(RequestError::of_script_check(error).into());
        }
        (Some(Value::ServerError(_)), _) => Dialect::Plain,
        _ => Dialect::Flagged,
    };
    if role == Role::Master && is_replica(replies.get(3)) {
        return Err(RequestError::READ_ONLY.into());
    }
    let info = text_of(replies.get(4..).unwrap_or_default());
    Ok(Found { epoch: MasterEpoch::read(&info), dialect })
}

/// Returns true when a server says that it is not a master. It may be forbidden to say.
fn is_replica(role: Option<&Value>) -> bool {
    let Some(Value::Array(parts)) = role else { return false };
    !matches!(parts.first(), Some(Value::BulkString(name)) if name == b"master")
}
