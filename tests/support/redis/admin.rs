//! The tests' own way to a server: by its unix socket, as a user who may do everything, whatever the server asks of others.

use std::{path::Path, time::Duration};

use ::redis::{Client, Cmd, FromRedisValue, RedisResult};

/// The line of configuration that makes the user.
pub(super) const USER: &str = "user harness on nopass ~* &* +@all";
/// In the server's directory.
pub(super) const SOCKET: &str = "admin.sock";

const PATIENCE: Duration = Duration::from_secs(5);

/// Runs one command, by a connection made for it.
pub(super) fn command<T: FromRedisValue>(home: &Path, arguments: &[impl AsRef<[u8]>]) -> RedisResult<T> {
    let url = format!("redis+unix://{}?user=harness&pass=any", home.join(SOCKET).display());
    let mut connection = Client::open(url)?.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut command = Cmd::new();
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    command.query(&mut connection)
}
