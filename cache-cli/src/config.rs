//! `cachery config`: the settings in effect, of a service or of the files and variables here.

mod diff;

use std::fmt::Write as _;

use cachery::{
    Caches,
    config::{CachesBuilder, EffectiveConfig, Setting},
};
use cachery_core::Preview;
use serde_json::json;

use crate::{
    change,
    options::{Config, Files},
    outcome::{Code, Outcome},
    row::{self, Mark, Row},
    screen::Screen,
    service::Service,
    stats,
};

/// The note about names that no service has confirmed.
const TAKEN_AS_GIVEN: &str = "names of caches are taken as the file and the variables give them; \
                              with --url, the service says what its functions have. An attribute \
                              wins over what is built-in or set for all caches";

/// Shows settings, or what differs between two profiles.
pub(crate) fn run(config: &Config, screen: &Screen) -> Result<Outcome, String> {
    if let Some([one, other]) = config.diff.as_deref() {
        return diff::run(&config.files, config.name.as_deref(), one, other);
    }
    if config.at.is_given() {
        return of_service(&config.at.service()?, config.name.as_deref());
    }
    Ok(of_files(&config.files, config.name.as_deref(), screen))
}

/// Returns a builder that reads the variables of the process and the named file and profile.
pub(crate) fn builder(files: &Files) -> CachesBuilder {
    let mut builder = Caches::builder();
    if let Some(file) = &files.file {
        builder = builder.file(file);
    }
    if let Some(profile) = &files.profile {
        builder = builder.profile(profile);
    }
    builder
}

/// Returns the rows of faults and notes.
pub(crate) fn faults(preview: &Preview) -> Vec<Row> {
    let fault =
        |fault: &cachery::config::Fault| Row::new(Mark::Bad, "fault", fault.message.clone());
    let note = |note: &String| Row::new(Mark::Warning, "note", note.clone());
    preview.faults.iter().map(fault).chain(preview.notes.iter().map(note)).collect()
}

fn of_files(files: &Files, name: Option<&str>, screen: &Screen) -> Outcome {
    let mut preview = builder(files).preview();
    if let Some(name) = name {
        preview.config.caches.retain(|cache| cache.name == name);
        if preview.config.caches.is_empty() {
            let text = format!("neither the file nor a variable sets anything for `{name}`");
            return Outcome::from(text);
        }
    }
    let rows = faults(&preview);
    let text = format!(
        "{}\n{}\n{}",
        row::text(&rows, screen),
        table(&preview.config),
        screen.wrapped(TAKEN_AS_GIVEN, "")
    );
    let code = if preview.faults.is_empty() { Code::Well } else { Code::Unwell };
    let json = json!({
        "config": preview.config,
        "faults": preview.faults,
        "notes": preview.notes,
        "names": TAKEN_AS_GIVEN,
    });
    Outcome::new(text.trim_start(), json, code)
}

/// Writes the settings in sections.
fn table(config: &EffectiveConfig) -> String {
    let section = |title: &str, settings: &[Setting]| {
        let lines = settings.iter().map(|setting| format!("  {setting}\n"));
        format!("{title}\n{}\n", lines.collect::<String>())
    };
    let caches = config.caches.iter().map(|cache| section(cache.name, &cache.settings));
    [
        format!("file: {}\n", config.file.as_deref().unwrap_or("none")),
        format!("profile: {}\n\n", config.profile.as_deref().unwrap_or("none")),
        section("program", &config.program),
        caches.collect(),
        section("redis", &config.redis),
    ]
    .concat()
}

/// Shows the settings that a service has in effect.
fn of_service(service: &Service, name: Option<&str>) -> Result<Outcome, String> {
    let caches = stats::all(service)?;
    let names = match name {
        Some(name) => vec![stats::one(&caches, name)?.name.clone()],
        None => caches.caches.iter().map(|cache| cache.name.clone()).collect(),
    };
    let mut text = String::new();
    let mut all = Vec::new();
    for name in names {
        let cache = service.get(&change::path(&name, "")?)?;
        for function in cache["settings"].as_array().into_iter().flatten() {
            write_function(&mut text, &name, function);
            all.push(function.clone());
        }
    }
    Ok(Outcome::new(text, json!({ "caches": all }), Code::Well))
}

/// Writing to a string cannot fail.
fn write_function(text: &mut String, name: &str, function: &serde_json::Value) {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let _ =
        writeln!(text, "{name} ({}, {})", word(&function["function"]), word(&function["place"]));
    for setting in function["settings"].as_array().into_iter().flatten() {
        let [field, value, source] = ["field", "value", "source"].map(|key| word(&setting[key]));
        let from = if source == "built-in" { source } else { format!("from {source}") };
        let _ = writeln!(text, "  {field:<16} {value:<14} {from}");
    }
    text.push('\n');
}
