//! `docs/promises.md` names a test for each promise, and each test that it names exists.

use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../docs/promises.md");

/// Returns the rows of all tables, as promise and tests.
fn promises() -> Vec<(&'static str, &'static str)> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = rows.filter(|row| *row != "promise | test");
    rows.map(|row| row.split_once(" | ").unwrap_or_else(|| panic!("two cells: {row}"))).collect()
}

/// Returns what stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Collects the names of files, modules, functions and what a macro makes below `directory`.
fn collect(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, names);
            names.insert(stem);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for line in fs::read_to_string(&path).unwrap().lines() {
                names.extend(declared(line).map(str::to_owned));
            }
            names.insert(stem);
        }
    }
}

/// Returns the names that a line declares.
fn declared(line: &str) -> impl Iterator<Item = &str> {
    let after = ["fn ", "mod ", "! { "].into_iter().filter_map(|word| line.split_once(word));
    after.filter_map(|(_, rest)| rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next())
}

fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && (name.starts_with("cache-") || name == "tests") {
            collect(&path, &mut names);
            names.insert(name.into_owned());
        }
    }
    names
}

/// Tells whether `name` is a path of modules: in the text around the tables, too, that of a test.
fn is_path(name: &str) -> bool {
    name.contains("::")
        && name.starts_with(|c: char| c.is_lowercase() || c == '…')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '…'))
}

#[test]
fn each_promise_names_its_test() {
    let promises = promises();
    assert!(promises.len() > 70, "{}", promises.len());
    for (promise, tests) in promises {
        assert!(quoted(tests).next().is_some(), "no test of: {promise}");
    }
}

#[test]
fn each_test_that_the_promises_name_exists() {
    let names = names();
    let of_promises = promises().into_iter().flat_map(|(_, tests)| quoted(tests));
    let others = quoted(PAGE).filter(|name| is_path(name));
    for name in of_promises.chain(others) {
        let test = name.rsplit("::").next().unwrap_or(name);
        let part = test.trim_matches('…');
        let exists = match name {
            _ if name.contains('/') => Path::new(name).exists(),
            _ if part != test => names.iter().any(|name| name.contains(part)),
            _ => names.contains(test),
        };
        assert!(exists, "{name}");
    }
}
