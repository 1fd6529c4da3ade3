//! `cachery health`: the levels of a service's health.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
    service::Service,
};

/// The part of the response that is shown.
#[derive(Deserialize)]
struct Health {
    status: String,
    #[serde(default)]
    levels: Vec<Level>,
}

#[derive(Deserialize)]
struct Level {
    #[serde(rename = "level")]
    kind: String,
    name: Option<String>,
    status: String,
    cause: Option<String>,
    todo: Option<String>,
    #[serde(default)]
    details: Vec<String>,
}

/// Shows the health of a service. A 503 is a state of it and not a failure of the command.
pub(crate) fn run(service: &Service, screen: &Screen) -> Result<Outcome, String> {
    let body = response(service)?;
    let health = read(&body)?;
    let rows: Vec<_> = health.levels.iter().map(Level::row).collect();
    let text = format!("{} is {}.\n\n{}", service.url(), health.status, row::text(&rows, screen));
    let code = if health.status == "up" { Code::Well } else { Code::Unwell };
    Ok(Outcome::new(text, body, code))
}

/// Returns the rows of the levels that are not up.
pub(crate) fn problems(service: &Service) -> Result<Vec<Row>, String> {
    let health = read(&response(service)?)?;
    let notes = |level: &Level| !level.details.is_empty();
    let shown = health.levels.iter().filter(|level| level.status != "up" || notes(level));
    Ok(shown.map(Level::row).collect())
}

fn response(service: &Service) -> Result<Value, String> {
    let reply = service.ask("/health")?;
    if reply.body["levels"].is_array() {
        Ok(reply.body)
    } else {
        Err(service.refused("/health", &reply))
    }
}

fn read(body: &Value) -> Result<Health, String> {
    Health::deserialize(body)
        .map_err(|error| format!("/health has an unknown form ({error}): update this command"))
}

impl Level {
    fn row(&self) -> Row {
        let mark = match &*self.status {
            "up" if self.details.is_empty() => Mark::Well,
            "up" | "degraded" => Mark::Warning,
            _ => Mark::Bad,
        };
        let name = match &self.name {
            Some(name) => format!("{} {name}", self.kind),
            None => self.kind.clone(),
        };
        let value = match &self.cause {
            Some(cause) => format!("{}: {cause}", self.status),
            None => self.status.clone(),
        };
        let mut row = Row::new(mark, name, value);
        row.todo.extend(self.todo.clone());
        let more = self.details.iter().filter(|detail| Some(*detail) != self.cause.as_ref());
        row.todo.extend(more.cloned());
        row
    }
}
