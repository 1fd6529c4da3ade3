//! The changes of the status of each level, and the incidents.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
};

use cachery_core::Status;
use parking_lot::Mutex;
use serde::Serialize;

use crate::level::{Level, Seen};

/// The changes that are kept of each level.
const MOST_CHANGES: usize = 32;
/// The incidents that are kept, of all levels.
const MOST_INCIDENTS: usize = 50;

/// The changes of the status of each level, and the incidents, as the routes have seen them.
#[derive(Default)]
pub(crate) struct StatusLog(Mutex<Log>);

#[derive(Default)]
struct Log {
    /// The latest changes of each level, by its kind and name.
    levels: BTreeMap<Key, VecDeque<Seen>>,
    /// The newest first.
    incidents: VecDeque<Incident>,
}

type Key = (&'static str, Option<String>);

/// A time in which a level was not up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Incident {
    #[serde(rename = "level")]
    kind: &'static str,
    name: Option<String>,
    /// The worst status of this time.
    status: Status,
    /// The last cause, in one line.
    cause: Option<String>,
    /// The way out.
    todo: Option<String>,
    /// The first moment, in Unix seconds.
    since: u64,
    /// The moment at which the level was up again; `None` before that.
    until: Option<u64>,
}

impl StatusLog {
    /// Notes the status that all `levels` have at the moment `now`, and adds to each level its
    /// changes. A level that is not among them is gone: its server has left the cluster.
    pub(crate) fn note(&self, now: u64, levels: &mut [Level]) {
        let mut log = self.0.lock();
        let mut before = mem::take(&mut log.levels);
        for level in levels {
            let key = (level.kind, level.name.clone());
            let mut changes = before.remove(&key).unwrap_or_default();
            log.note(now, level, &mut changes);
            log.levels.insert(key, changes);
        }
        for gone in before.keys() {
            log.end(now, gone.0, gone.1.as_deref());
        }
    }

    /// Returns the latest incidents, the newest first.
    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.0.lock().incidents.iter().cloned().collect()
    }
}

impl Log {
    fn note(&mut self, now: u64, level: &mut Level, changes: &mut VecDeque<Seen>) {
        let before = changes.back().map_or(Status::Up, |seen| seen.status);
        if changes.back().is_none_or(|seen| seen.status != level.status) {
            changes.push_back(Seen { status: level.status, since: now });
            if changes.len() > MOST_CHANGES {
                changes.pop_front();
            }
        }
        level.since = changes.back().map(|seen| seen.since);
        level.history = changes.iter().copied().collect();
        if level.status == Status::Up {
            self.end(now, level.kind, level.name.as_deref());
        } else if before == Status::Up {
            self.begin(now, level);
        } else if let Some(open) = self.open(level.kind, level.name.as_deref()) {
            open.status = open.status.max(level.status);
            open.cause.clone_from(&level.cause);
            open.todo.clone_from(&level.todo);
        }
    }

    fn begin(&mut self, now: u64, level: &Level) {
        let Level { kind, status, .. } = *level;
        let Level { name, cause, todo, .. } = level.clone();
        self.incidents.push_front(Incident {
            kind,
            name,
            status,
            cause,
            todo,
            since: now,
            until: None,
        });
        self.incidents.truncate(MOST_INCIDENTS);
    }

    fn end(&mut self, now: u64, kind: &str, name: Option<&str>) {
        if let Some(open) = self.open(kind, name) {
            open.until = Some(now);
        }
    }

    fn open(&mut self, kind: &str, name: Option<&str>) -> Option<&mut Incident> {
        let is_it = |incident: &&mut Incident| {
            incident.until.is_none() && incident.kind == kind && incident.name.as_deref() == name
        };
        self.incidents.iter_mut().find(is_it)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(name: &str, status: Status) -> Level {
        Level::up("server", Some(name), json!({})).worse(status, "it is silent", "start it")
    }

    fn note(log: &StatusLog, now: u64, statuses: &[(&str, Status)]) -> Vec<Level> {
        let mut levels: Vec<_> = statuses.iter().map(|(name, of)| server(name, *of)).collect();
        log.note(now, &mut levels);
        levels
    }

    #[test]
    fn a_level_has_its_changes_and_the_moment_of_the_last() {
        let log = StatusLog::default();
        note(&log, 10, &[("a", Status::Up)]);
        note(&log, 20, &[("a", Status::Up)]);
        note(&log, 30, &[("a", Status::Down)]);
        let [level] = &note(&log, 40, &[("a", Status::Down)])[..] else { panic!() };
        let up = Seen { status: Status::Up, since: 10 };
        assert_eq!(level.since, Some(30));
        assert_eq!(level.history, [up, Seen { status: Status::Down, since: 30 }]);
    }

    #[test]
    fn an_incident_ends_when_its_level_is_up_again_or_gone() {
        let log = StatusLog::default();
        note(&log, 10, &[("a", Status::Degraded), ("b", Status::Up)]);
        note(&log, 20, &[("a", Status::Down), ("b", Status::Down)]);
        note(&log, 30, &[("a", Status::Degraded), ("b", Status::Down)]);
        note(&log, 40, &[("a", Status::Up)]);
        let incidents = log.incidents();
        let shown: Vec<_> = incidents
            .iter()
            .map(|one| (one.name.as_deref().unwrap(), one.status, one.since, one.until))
            .collect();
        let expected = [("b", Status::Down, 20, Some(40)), ("a", Status::Down, 10, Some(40))];
        assert_eq!(shown, expected);
        assert_eq!(incidents[0].todo.as_deref(), Some("start it"));
    }

    #[test]
    fn the_log_is_bounded_and_many_open_incidents_do_not_begin_again() {
        let log = StatusLog::default();
        let names: Vec<_> = (0..200).map(|n| format!("server {n}")).collect();
        let of = |status| names.iter().map(|name| (&**name, status)).collect::<Vec<_>>();
        for now in 0..100 {
            let status = if now % 2 == 0 { Status::Down } else { Status::Up };
            note(&log, now, &of(status));
        }
        note(&log, 100, &of(Status::Down));
        let before = log.incidents();
        let levels = note(&log, 101, &of(Status::Down));
        assert_eq!(log.incidents(), before);
        assert_eq!((before.len(), before[0].since), (MOST_INCIDENTS, 100));
        assert!(levels.iter().all(|level| level.history.len() == MOST_CHANGES));
    }
}
