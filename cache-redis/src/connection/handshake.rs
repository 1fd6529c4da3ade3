//! The first request of a session: it names the connection and finds out whether the server can
//! be used.

use redis::{Pipeline, Value};

use super::{
    connect_error::ConnectError, info::text, master_epoch::MasterEpoch, request_error::RequestError,
};

/// The role that a server must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A replica shows itself at the first write.
    Any,
    /// Sentinels named it as the master.
    Master,
}

/// Returns the request.
pub(super) fn request() -> Pipeline {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("CLIENT").arg("SETNAME").arg("cachery");
    // Scripts with flags are needed. A server whose memory is full runs this one: it can be read.
    pipeline.cmd("EVAL").arg("#!lua flags=allow-oom\nreturn 1").arg(0);
    pipeline.cmd("ROLE");
    pipeline.cmd("INFO").arg("server").arg("replication");
    pipeline
}

/// Reads the replies: an error when the server cannot be used, else its epoch, if it is known.
pub(super) fn read(replies: &[Value], role: Role) -> Result<Option<MasterEpoch>, ConnectError> {
    if let Some(Value::ServerError(error)) = replies.get(1) {
        return Err(RequestError::of_script_check(error).into());
    }
    if role == Role::Master && is_replica(replies.get(2)) {
        return Err(RequestError::READ_ONLY.into());
    }
    let info = replies.get(3).and_then(text);
    Ok(info.as_deref().and_then(MasterEpoch::read))
}

/// Returns true when a server says that it is not a master. It may be forbidden to say.
fn is_replica(role: Option<&Value>) -> bool {
    let Some(Value::Array(parts)) = role else { return false };
    !matches!(parts.first(), Some(Value::BulkString(name)) if name == b"master")
}
