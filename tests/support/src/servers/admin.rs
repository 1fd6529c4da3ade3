//! The connection of the tests themselves: by the server's unix socket, as a user who may do
//! everything.

use std::{path::Path, time::Duration};

use redis::{Client, Cmd, FromRedisValue, RedisResult};

/// The line of `redis.conf` that makes the user.
pub(super) const USER_LINE: &str = "user admin on nopass ~* &* +@all";
/// The name of the user.
pub(super) const USER: &str = "admin";
/// The name of the socket in the server's directory.
pub(super) const SOCKET: &str = "admin.sock";

const PATIENCE: Duration = Duration::from_secs(5);

/// Runs one command, by a connection made for it.
pub(super) fn command<T: FromRedisValue>(
    home: &Path,
    arguments: &[impl AsRef<[u8]>],
) -> RedisResult<T> {
    let url = format!("redis+unix://{}?user={USER}&pass=any", home.join(SOCKET).display());
    let mut connection = Client::open(url)?.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut command = Cmd::new();
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    command.query(&mut connection)
}
