//! A handle of one of the processes.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::messages::{Reply, Request};

/// A process that runs [`serve`](crate::node::serve), and is killed with its handle.
pub(crate) struct Process {
    pub(crate) name: char,
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program again, with the URL of Redis in its variables.
    pub(crate) fn start(name: char, variables: &[(&str, String)]) -> Result<Self, String> {
        let unable = |error| format!("this program cannot start itself again: {error}");
        let mut child = Command::new(env::current_exe().map_err(unable)?)
            .arg(format!("--node={name}"))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(unable)?;
        let (Some(requests), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the pipes that were just asked for are missing".to_owned());
        };
        Ok(Self { name, child, requests, replies: BufReader::new(replies) })
    }

    /// Sends a request, and does not wait for its reply.
    pub(crate) fn send(&mut self, request: Request) -> Result<(), String> {
        let line = serde_json::to_string(&request).map_err(|error| error.to_string())?;
        writeln!(self.requests, "{line}").map_err(|_| self.gone())
    }

    /// Waits for the reply to a request.
    pub(crate) fn receive(&mut self) -> Result<Reply, String> {
        let mut line = String::new();
        self.replies.read_line(&mut line).map_err(|_| self.gone())?;
        serde_json::from_str(&line).map_err(|_| self.gone())
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn gone(&self) -> String {
        format!("process {} has ended before its time; what it said last stands above", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
