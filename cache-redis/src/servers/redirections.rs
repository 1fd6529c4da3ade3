//! Redirections in a Cluster: commands whose slot has moved, or is moving, are sent again to the
//! server that answers for it.

use std::{
    collections::BTreeMap,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use redis::{Cmd, Pipeline, Value};
use tokio::time::Sleep;

use crate::{
    cluster::Cluster,
    connection::{Redirect, Request, RequestError},
    manager,
    server::{Lane, Server},
};

/// The pauses before commands for a slot that is moving are sent again. A slot of some keys moves
/// within milliseconds. Its keys are on both servers meanwhile, so none of them can do what concerns
/// several keys.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(15), Duration::from_millis(30)];
/// So often commands are sent to other servers. The slots of a pipeline may have moved to several.
const MOST_REDIRECTIONS: usize = 16;

/// A request to a Cluster that was not served as a whole.
pub(super) struct Asked<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) request: Request<'a>,
    pub(super) within: Duration,
    pub(super) lane: Lane,
}

/// A command that was not served: the error, and the server that replied with it.
struct Unserved {
    error: RequestError,
    by: Arc<Server>,
}

impl Asked<'_> {
    /// Sends those commands again that `home` did not serve, and returns all replies.
    pub(super) async fn follow(
        &self,
        home: Arc<Server>,
        mut replies: Vec<Value>,
        mut deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, RequestError> {
        let commands = self.request.commands();
        let commands: Vec<&Cmd> = commands.cmd_iter().collect();
        let mut unserved = BTreeMap::new();
        for (place, reply) in replies.iter().enumerate() {
            let error = RequestError::elsewhere(reply);
            unserved.extend(error.map(|error| (place, Unserved { error, by: Arc::clone(&home) })));
        }
        let mut pauses = PAUSES.into_iter();
        for _ in 0..MOST_REDIRECTIONS {
            let first = unserved.values().next().map(|first| first.error.clone());
            let Some(error) = first else { return Ok(replies) };
            let redirect = error.redirect.as_ref();
            let target = redirect.map(|redirect| self.redirected(redirect, &unserved));
            let (to, places) = match target {
                Some(Some(target)) => target,
                None if waited(pauses.next(), deadline.as_mut()).await => {
                    (Arc::clone(&home), without_redirection(&unserved))
                }
                _ => return Err(error),
            };
            let is_asking = redirect.is_some_and(|redirect| redirect.is_on_its_way);
            let again = pipeline_of(places.iter().map(|place| commands[*place]), is_asking);
            let answers =
                to.ask((&again).into(), deadline.as_mut(), self.within, self.lane).await?;
            // Without those to `ASKING`.
            let every = if is_asking { 2 } else { 1 };
            let answers = answers.into_iter().skip(every - 1).step_by(every);
            for (place, reply) in places.into_iter().zip(answers) {
                if let Some(error) = RequestError::elsewhere(&reply) {
                    unserved.insert(place, Unserved { error, by: Arc::clone(&to) });
                } else {
                    unserved.remove(&place);
                    replies[place] = reply;
                }
            }
        }
        Err(unserved.into_values().next().map_or(RequestError::CLUSTER_DOWN, |left| left.error))
    }

    /// Returns the server to which `redirect` leads, and the places of all commands that are to be
    /// sent there in the same way.
    fn redirected(
        &self,
        redirect: &Redirect,
        unserved: &BTreeMap<usize, Unserved>,
    ) -> Option<(Arc<Server>, Vec<usize>)> {
        let by = &unserved.values().next()?.by;
        let is_alike = |other: &Redirect| {
            other.address == redirect.address && other.is_on_its_way == redirect.is_on_its_way
        };
        let mut to = None;
        let mut places = Vec::new();
        for (place, left) in unserved {
            let Some(other) = left.error.redirect.as_ref().filter(|other| is_alike(other)) else {
                continue;
            };
            if Arc::ptr_eq(&left.by, by) {
                // For each slot, because it is given to that server.
                to = Some(self.cluster.redirect(other, by)?);
                places.push(*place);
            }
        }
        Some((to?, places))
    }
}

/// Waits for `pause`. Returns false where there is none, or the deadline comes first.
async fn waited(pause: Option<Duration>, deadline: Pin<&mut Sleep>) -> bool {
    let Some(pause) = pause else { return false };
    manager::until(deadline, pin!(manager::timer(pause))).await.is_some()
}

/// Returns the places of the commands that are to be sent again where they came from.
fn without_redirection(unserved: &BTreeMap<usize, Unserved>) -> Vec<usize> {
    let stays = unserved.iter().filter(|(_, left)| left.error.redirect.is_none());
    stays.map(|(place, _)| *place).collect()
}

/// Returns a pipeline of these commands, each with `ASKING` before it where the slot is on its way.
fn pipeline_of<'a>(commands: impl Iterator<Item = &'a Cmd>, is_asking: bool) -> Pipeline {
    let mut pipeline = Pipeline::new();
    for command in commands {
        if is_asking {
            pipeline.cmd("ASKING");
        }
        pipeline.add_command(command.clone());
    }
    pipeline
}
