//! The hooks by which servers report to the tier.

use redis::{Pipeline, Value};

use crate::connection::{Script, ScriptCall};

/// The id of an outstanding invalidation. One that is queued again gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ReplayId(pub(crate) u64);

/// An invalidation that must be done before anything else is asked of a server.
pub(crate) struct Replay {
    pub(crate) id: ReplayId,
    pub(crate) script: &'static Script,
    pub(crate) keys: Vec<Vec<u8>>,
}

impl Replay {
    pub(super) fn call(&self) -> ScriptCall<'_> {
        ScriptCall { script: self.script, keys: &self.keys, args: &[] }
    }
}

/// The hooks that servers call. The methods neither block nor panic.
pub(crate) trait ServerHooks: Send + Sync + 'static {
    /// Notes that a session ended with the server that owns these slots: the server may be lost,
    /// and what it acknowledged lately with it.
    fn lost(&self, owns: &dyn Fn(u16) -> bool);

    /// Notes that a session began with the server that owns these slots: it may have forgotten
    /// what it acknowledged lately.
    fn suspect(&self, owns: &dyn Fn(u16) -> bool);

    /// Returns true when any invalidation must be done first. One atomic load, because it is asked
    /// before every request.
    fn has_outstanding(&self) -> bool;

    /// Counts the invalidations that must be done on the server that owns these slots.
    fn queued(&self, owns: &dyn Fn(u16) -> bool) -> usize;

    /// Returns the invalidations that must be done on the server that owns these slots before
    /// anything else, oldest first.
    fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<Replay>;

    /// Notes that the server has done these.
    fn done(&self, ids: &[ReplayId]);

    /// Returns the request by which nodes note their profiles on the server that owns these slots,
    /// when it is due.
    fn profile_request(&self, owns: &dyn Fn(u16) -> bool) -> Option<Pipeline>;

    /// Reads the replies to it.
    fn profiles(&self, replies: Vec<Value>);

    /// Hears of changed keys below the watched prefix, in the order in which the server pushed
    /// them.
    fn pushed(&self, names: &[Vec<u8>]);

    /// Hears that the server was emptied.
    fn flushed(&self);

    /// Hears that the pushes or the commands of some server are out of reach from now on.
    fn cut_off(&self);

    /// Hears that all servers are back, and that what was outstanding is done.
    fn restored(&self);
}
