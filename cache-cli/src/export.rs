//! `cachery export`: files for Grafana, Prometheus and Docker Compose, written from one table.

mod alerts;
mod compose;
mod grafana;
mod panels;
#[cfg(test)]
mod promtool;
mod rules;
mod scrape;

use serde_json::{Value, json};

use crate::{
    options::{Export, What},
    outcome::{Code, Outcome},
};

/// Writes one file to the standard output.
pub(crate) fn run(export: &Export) -> Result<Outcome, String> {
    let text = match export.what {
        What::Grafana => format!("{:#}", grafana::board()),
        What::Alerts => alerts::file(),
        What::Prometheus => scrape::file(&scrape::Target::of(export)?),
        What::Compose => compose::file(),
    };
    let json = json!({ "file": text });
    Ok(Outcome::new(text, json, Code::Well))
}

/// Writes a text for YAML: JSON's strings are YAML's, too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
