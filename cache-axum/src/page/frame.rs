//! One line of the stream.

use std::collections::BTreeMap;

use cachery_core::Status;
use serde::Serialize;

use super::row::Row;
use crate::{
    admin::Admin,
    history::Point,
    level::Level,
    levels::{self, worst},
    report::TagReport,
    status_log::Incident,
    thresholds::Thresholds,
};

/// One line of the stream: the caches and incidents that have changed since the line before, and
/// the rest as it is.
#[derive(Serialize)]
struct Frame<'a> {
    /// The present moment, in Unix seconds.
    at: u64,
    /// The worst status of all levels.
    status: Status,
    /// This caller may change something.
    may_change: bool,
    /// All levels but the caches.
    levels: Vec<Level>,
    thresholds: &'a Thresholds,
    /// The number of all caches.
    count: usize,
    caches: Vec<&'a Row>,
    tags: Vec<TagReport>,
    /// The latest incidents, the newest first; `None` where nothing has changed.
    incidents: Option<&'a [Incident]>,
    /// The requests between two samples, the newest last.
    points: Vec<Point>,
}

/// The state of one stream: what its page has already.
pub(super) struct Frames {
    may_change: bool,
    /// The newest point that the page has, in Unix seconds.
    after: u64,
    caches: BTreeMap<&'static str, Row>,
    incidents: Option<Vec<Incident>>,
}

impl Frames {
    pub(super) fn new(may_change: bool, after: u64) -> Self {
        Self { may_change, after, caches: BTreeMap::new(), incidents: None }
    }

    /// Returns the next line.
    pub(super) async fn next(&mut self, admin: &Admin) -> String {
        let health = admin.health.now(&admin.caches).await;
        let report = admin.caches.report();
        let levels = levels::note(admin, &health, &report);
        let status = worst(&levels);
        let (caches, levels): (Vec<_>, _) =
            levels.into_iter().partition(|level| level.kind == "cache");
        let rows = caches.into_iter().zip(&report.caches);
        let unit = &report.cost_unit;
        let rows = rows.map(|(level, report)| (report.name, Row::new(admin, level, report, unit)));
        let changed = self.changed(rows);
        let incidents = admin.status_log.incidents();
        let news = self.incidents.as_ref() != Some(&incidents);
        let points = admin.history.points(&admin.dates, self.after);
        self.after = points.last().map_or(self.after, |point| point.at);
        let frame = Frame {
            at: admin.dates.now(),
            status,
            may_change: self.may_change,
            levels,
            thresholds: &admin.thresholds,
            count: report.caches.len(),
            caches: changed.iter().filter_map(|name| self.caches.get(name)).collect(),
            tags: TagReport::all(&admin.caches),
            incidents: news.then_some(&incidents),
            points,
        };
        let mut line = serde_json::to_string(&frame).unwrap_or_default();
        line.push('\n');
        self.incidents = Some(incidents);
        line
    }

    /// Keeps the rows, and returns the names of those that have changed.
    fn changed(&mut self, rows: impl Iterator<Item = (&'static str, Row)>) -> Vec<&'static str> {
        let mut changed = Vec::new();
        for (name, row) in rows {
            if self.caches.get(name) != Some(&row) {
                self.caches.insert(name, row);
                changed.push(name);
            }
        }
        changed
    }
}
