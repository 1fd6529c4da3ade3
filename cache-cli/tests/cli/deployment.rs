//! The files of `examples/insights/deploy` that `cachery export` writes.
//! `CACHERY_WRITE_DOCS=1 cargo test -p cachery-cli --test cli deployment` writes them.

use std::{env, fs};

use crate::support::{command, run};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/insights/deploy");

#[track_caller]
fn is_exported(what: &str, file: &str) {
    let exported = run(command().args(["export", what])).out;
    let path = format!("{DIRECTORY}/{file}");
    if env::var_os("CACHERY_WRITE_DOCS").is_some() {
        fs::write(&path, &exported).expect("it is writable");
    }
    let deployed = fs::read_to_string(&path).expect("it is there");
    assert!(deployed == exported, "{file} is not what `cachery export {what}` writes");
}

#[test]
fn the_board_of_the_deployment_is_the_exported_one() {
    is_exported("grafana", "grafana/cachery.json");
}

#[test]
fn the_alerts_of_the_deployment_are_the_exported_ones() {
    is_exported("alerts", "alerts.yml");
}
