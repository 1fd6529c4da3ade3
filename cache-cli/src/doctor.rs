//! `cachery doctor`: caches that do not pay and faults, each with what to do.

mod findings;

use serde_json::json;

use crate::{
    health,
    outcome::{Code, Outcome},
    row::{self, Mark},
    screen::Screen,
    service::Service,
    stats,
};

/// Examines a service.
pub(crate) fn run(service: &Service, screen: &Screen) -> Result<Outcome, String> {
    let mut rows = health::problems(service)?;
    let caches = stats::all(service)?;
    rows.extend(caches.caches.iter().flat_map(findings::of));
    rows.sort_by_key(|row| std::cmp::Reverse(row.mark));
    let count = rows.iter().filter(|row| row.mark >= Mark::Warning).count();
    let verdict = match count {
        0 => format!("{} caches, and nothing to complain about.", caches.caches.len()),
        1 => "One thing needs attention.".to_owned(),
        _ => format!("{count} things need attention, the worst first."),
    };
    let code = if count == 0 { Code::Well } else { Code::Unwell };
    let text = format!("{verdict}\n\n{}", row::text(&rows, screen));
    Ok(Outcome::new(text, json!({ "verdict": verdict, "findings": rows }), code))
}
