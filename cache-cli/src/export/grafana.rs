//! The board for Grafana.

use serde_json::{Value, json};

use super::panels::{Panel, Query, ROWS};

/// The columns of a board, and those of a panel.
const COLUMNS: usize = 24;
const WIDTH: usize = 8;
/// The height of a panel, in Grafana's units.
const HEIGHT: usize = 8;

/// Returns the board, to be imported as it is.
pub(super) fn board() -> Value {
    json!({
        "title": "Cachery",
        "uid": "cachery",
        "tags": ["cache", "cachery"],
        "description": "Written by `cachery export grafana`.",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": { "from": "now-1h", "to": "now" },
        "templating": { "list": variables() },
        "panels": panels(),
    })
}

fn variables() -> Value {
    let datasource = json!({ "type": "prometheus", "uid": "${datasource}" });
    let labels = |label: &str, query: &str| {
        json!({
            "name": label,
            "label": label,
            "type": "query",
            "datasource": datasource,
            "query": query,
            "refresh": 2,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": { "text": "All", "value": "$__all" },
        })
    };
    json!([
        { "name": "datasource", "label": "datasource", "type": "datasource", "query": "prometheus" },
        labels("cache", "label_values(cache_gets_total, cache)"),
        labels("tier", "label_values(cache_gets_total{result=\"hit\"}, tier)"),
    ])
}

/// Returns the rows and the panels below each, three beside each other.
fn panels() -> Vec<Value> {
    let mut panels = Vec::new();
    let mut top = 0;
    for row in &ROWS {
        panels.push(json!({
            "type": "row",
            "title": row.title,
            "gridPos": { "x": 0, "y": top, "w": COLUMNS, "h": 1 },
        }));
        top += 1;
        for (place, panel) in row.panels.iter().enumerate() {
            let across = COLUMNS / WIDTH;
            let x = place % across * WIDTH;
            let y = top + place / across * HEIGHT;
            panels.push(time_series(panel, x, y));
        }
        top += row.panels.len().div_ceil(COLUMNS / WIDTH) * HEIGHT;
    }
    for (id, panel) in (1..).zip(&mut panels) {
        panel["id"] = Value::from(id);
    }
    panels
}

fn time_series(panel: &Panel, x: usize, y: usize) -> Value {
    let datasource = json!({ "type": "prometheus", "uid": "${datasource}" });
    let target = |(letter, query): (char, &Query)| {
        json!({
            "refId": letter.to_string(),
            "expr": query.text,
            "legendFormat": query.legend,
            "datasource": datasource,
        })
    };
    json!({
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": datasource,
        "gridPos": { "x": x, "y": y, "w": WIDTH, "h": HEIGHT },
        "fieldConfig": { "defaults": { "unit": panel.unit, "min": 0 }, "overrides": [] },
        "targets": ('A'..).zip(panel.queries).map(target).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_have_numbers_of_their_own_and_do_not_overlap() {
        let board = board();
        let panels = board["panels"].as_array().expect("it has panels");
        let places: Vec<_> = panels.iter().map(|panel| panel["gridPos"].to_string()).collect();
        let mut unique = places.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), places.len());
        assert_eq!(panels.last().map(|panel| &panel["id"]), Some(&panels.len().into()));
        let names: Vec<_> = board["templating"]["list"].as_array().into_iter().flatten().collect();
        let names: Vec<_> = names.iter().map(|variable| variable["name"].clone()).collect();
        assert_eq!(names, ["datasource", "cache", "tier"]);
    }
}
