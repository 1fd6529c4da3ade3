//! One level of the health.

use cachery_core::Status;
use serde::Serialize;
use serde_json::{Map, Value};

/// One level of the health: its status, the cause, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Level {
    /// `application`, `configuration`, `registry`, `cache`, `server` or `link`.
    #[serde(rename = "level")]
    pub(crate) kind: &'static str,
    /// The name of the cache, or the address of the server.
    pub(crate) name: Option<String>,
    pub(crate) status: Status,
    /// The moment since which the status was seen, in Unix seconds.
    pub(crate) since: Option<u64>,
    /// The latest changes of the status, up to the present one.
    pub(crate) history: Vec<Seen>,
    /// The cause of a status that is not up, in one line.
    pub(crate) cause: Option<String>,
    /// The way out.
    pub(crate) todo: Option<String>,
    /// More lines: all faults and notes.
    pub(crate) details: Vec<String>,
    /// The numbers behind the status.
    pub(crate) numbers: Map<String, Value>,
}

/// A status, and the moment at which it was first seen, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    pub(crate) since: u64,
    pub(crate) status: Status,
}

impl Level {
    /// Creates a level that is up, with the numbers of a JSON object.
    pub(crate) fn up(kind: &'static str, name: Option<&str>, numbers: Value) -> Self {
        let numbers = match numbers {
            Value::Object(numbers) => numbers,
            _ => Map::new(),
        };
        Self {
            kind,
            name: name.map(str::to_owned),
            status: Status::Up,
            since: None,
            history: Vec::new(),
            cause: None,
            todo: None,
            details: Vec::new(),
            numbers,
        }
    }

    /// Makes the status as bad as `status`, unless a worse cause is known.
    #[must_use]
    pub(crate) fn worse(
        self,
        status: Status,
        cause: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        if status <= self.status {
            return self;
        }
        Self { status, cause: Some(cause.into()), todo: Some(todo.into()), ..self }
    }

    /// Makes the level degraded if `condition` holds.
    #[must_use]
    pub(crate) fn degraded_if(
        self,
        condition: bool,
        cause: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        if condition { self.worse(Status::Degraded, cause, todo) } else { self }
    }
}
