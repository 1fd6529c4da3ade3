//! `cachery check`: the Redis that the environment names, step by step.

mod path;
mod probe;
mod server;
mod settings;

use cachery::health::Status;
use serde_json::json;

use self::server::Checked;
use crate::{
    config,
    options::Files,
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
};

/// Checks the settings, and then each server that they lead to.
pub(crate) fn run(files: &Files, screen: &Screen) -> Result<Outcome, String> {
    let preview = config::builder(files).preview();
    let settings = settings::rows(&preview);
    if !settings::lead_to_redis(&preview) {
        return Ok(report(&settings, &[], "no Redis was asked", Code::Failed, screen));
    }
    let probe = probe::run(config::builder(files), &preview)?;
    let checked = |of| Checked::of(of, preview.tls, probe.is_stored);
    let servers: Vec<_> = probe.health.servers.iter().map(checked).collect();
    let word = word(probe.health.status);
    let all = settings.iter().chain(servers.iter().flat_map(|server| &server.rows));
    let code = if row::worst(all) < Mark::Warning { Code::Well } else { Code::Unwell };
    Ok(report(&settings, &servers, &format!("Redis is {word}"), code, screen))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Up => "up",
        Status::Degraded => "degraded",
        _ => "down",
    }
}

fn report(
    settings: &[Row],
    servers: &[Checked],
    verdict: &str,
    code: Code,
    screen: &Screen,
) -> Outcome {
    let section =
        |server: &Checked| format!("\n{}\n{}", server.address, row::text(&server.rows, screen));
    let servers_text: String = servers.iter().map(section).collect();
    let text = format!("settings\n{}{servers_text}\n{verdict}.", row::text(settings, screen));
    let json = json!({ "verdict": verdict, "settings": settings, "servers": servers });
    Outcome::new(text, json, code)
}
