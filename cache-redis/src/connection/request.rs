//! A request to one server.

use std::borrow::Cow;

use redis::{Cmd, Pipeline};

/// A request to one server.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    /// Commands, of which each has one reply.
    Commands(&'a Pipeline),
    /// The read of a key, with the replies to `PTTL` and `MGET`.
    Read(KeyRead<'a>),
}

/// A read of one key: the time that its value has left, and the values of several keys in this order.
#[derive(Clone, Copy)]
pub(crate) struct KeyRead<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) token: &'a [u8],
    /// The same for many keys.
    pub(crate) generation: &'a [u8],
    /// Mostly none.
    pub(crate) tags: &'a [Vec<u8>],
}

impl<'a> Request<'a> {
    /// Returns the commands.
    pub(crate) fn commands(self) -> Cow<'a, Pipeline> {
        match self {
            Self::Commands(commands) => Cow::Borrowed(commands),
            Self::Read(read) => Cow::Owned(read.commands()),
        }
    }
}

impl<'a> From<&'a Pipeline> for Request<'a> {
    fn from(commands: &'a Pipeline) -> Self {
        Self::Commands(commands)
    }
}

impl KeyRead<'_> {
    /// Returns its commands, as [`add_read`] adds them, without a list of the keys.
    pub(super) fn commands(self) -> Pipeline {
        let Self { value, token, generation, tags } = self;
        let mut commands = Pipeline::with_capacity(2);
        let mut values = Cmd::with_capacity(4 + tags.len(), (3 + tags.len()) * (8 + value.len()));
        values.arg("MGET").arg(value).arg(token).arg(generation).arg(tags);
        commands.add_command(time_left(value)).add_command(values);
        commands
    }
}

/// Adds the requests for the time that `value` has left, and for the values of `keys`.
pub(crate) fn add_read(commands: &mut Pipeline, value: &[u8], keys: &[&[u8]]) {
    let mut values = Cmd::with_capacity(1 + keys.len(), keys.len() * (8 + value.len()));
    values.arg("MGET").arg(keys);
    commands.add_command(time_left(value)).add_command(values);
}

/// Returns the request for the time that `value` has left. It goes before the one for the value: should
/// that be replaced in between, the new one seems older than it is.
pub(super) fn time_left(value: &[u8]) -> Cmd {
    let mut command = Cmd::with_capacity(2, "PTTL".len() + value.len());
    command.arg("PTTL").arg(value);
    command
}
