//! `cachery stats`: the statistics of a service's caches.

mod model;
mod table;
mod watch;

pub(crate) use self::{
    model::{Cache, Caches, Site, Stats, ratio},
    table::{count, percent, seconds},
};

use serde_json::Value;

use crate::{
    options,
    outcome::{Code, Outcome},
    screen::Screen,
    service::Service,
};

/// The route of all statistics. A cache may be called as another route is, so one cache is looked
/// for in it, too.
const ROUTE: &str = "/api/cache/stats";

/// Shows the statistics once, or live.
pub(crate) fn run(stats: &options::Stats, json: bool, screen: &Screen) -> Result<Outcome, String> {
    let service = stats.at.service()?;
    if stats.watch {
        if json || !screen.is_terminal() {
            return Err(
                "--watch needs a terminal: leave it out, or run the command by itself".into()
            );
        }
        return watch::run(&service, stats.name.as_deref(), stats.every);
    }
    let body = service.get(ROUTE)?;
    let caches = read(&body)?;
    let Some(name) = &stats.name else {
        let shown: Vec<_> = caches.caches.iter().collect();
        return Ok(Outcome::new(table::text(&shown, screen.width()), body, Code::Well));
    };
    let cache = one(&caches, name)?;
    let json = body["caches"].as_array().into_iter().flatten();
    let json = json.into_iter().find(|cache| cache["name"] == name.as_str());
    let text = table::text(&[cache], screen.width());
    Ok(Outcome::new(text, json.cloned().unwrap_or_default(), Code::Well))
}

/// Returns the statistics of all caches.
pub(crate) fn all(service: &Service) -> Result<Caches, String> {
    read(&service.get(ROUTE)?)
}

/// Returns the cache called `name`.
pub(crate) fn one<'a>(caches: &'a Caches, name: &str) -> Result<&'a Cache, String> {
    let found = caches.caches.iter().find(|cache| cache.name == name);
    found.ok_or_else(|| {
        let names: Vec<_> = caches.caches.iter().map(|cache| &*cache.name).collect();
        match cachery_syntax::nearest(name, names.iter().copied()) {
            Some(near) => format!("the service has no cache `{name}`: did you mean `{near}`?"),
            None if names.is_empty() => "the service has no cache".to_owned(),
            None => format!("the service has no cache `{name}`: it has {}", names.join(", ")),
        }
    })
}

fn read(body: &Value) -> Result<Caches, String> {
    Caches::read(body)
        .map_err(|error| format!("{ROUTE} has an unknown form ({error}): update this command"))
}
