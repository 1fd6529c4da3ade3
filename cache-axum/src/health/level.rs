//! One level of the health.

use cachery_core::Status;
use serde::Serialize;
use serde_json::{Map, Value};

/// One level of the health: what is well or not, why, and what to do.
#[derive(Serialize)]
pub(super) struct Level {
    /// `application`, `configuration`, `registry`, `cache`, `server` or `link`.
    #[serde(rename = "level")]
    pub(super) kind: &'static str,
    /// The name of the cache, or the address of the server.
    pub(super) name: Option<String>,
    pub(super) status: Status,
    /// The moment since which the status was seen, in Unix seconds.
    pub(super) since: Option<u64>,
    /// The cause of a status that is not up, in one line.
    pub(super) cause: Option<String>,
    /// The way out.
    pub(super) todo: Option<String>,
    /// More lines: all faults and notes.
    pub(super) details: Vec<String>,
    /// The numbers behind the status.
    pub(super) numbers: Map<String, Value>,
}

impl Level {
    /// Creates a level that is up, with the numbers of a JSON object.
    pub(super) fn up(kind: &'static str, name: Option<&str>, numbers: Value) -> Self {
        let numbers = match numbers {
            Value::Object(numbers) => numbers,
            _ => Map::new(),
        };
        Self {
            kind,
            name: name.map(str::to_owned),
            status: Status::Up,
            since: None,
            cause: None,
            todo: None,
            details: Vec::new(),
            numbers,
        }
    }

    /// Makes the status as bad as `status`, unless a worse cause is known.
    #[must_use]
    pub(super) fn worse(
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
    pub(super) fn degraded_if(
        self,
        condition: bool,
        cause: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        if condition { self.worse(Status::Degraded, cause, todo) } else { self }
    }
}
