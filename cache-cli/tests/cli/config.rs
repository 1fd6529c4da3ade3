//! `cachery config`: files and variables without a program.

use std::{fs, process::Command};

use tempfile::TempDir;

use crate::support::{command, run};

const FILE: &str = "\
[cache.users]
ttl = \"5m\"

[profile.staging]
default.capacity = 7

[profile.production.cache.users]
ttl = \"1h\"
";

fn directory(file: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("cache.toml"), file).expect("it is writable");
    directory
}

fn config(directory: &TempDir, arguments: &[&str]) -> Command {
    let mut command = command();
    command.arg("config").args(arguments).current_dir(directory.path());
    command
}

#[test]
fn each_setting_is_shown_with_its_source() {
    let directory = directory(FILE);
    let mut command = config(&directory, &["users"]);
    command.env("CACHE_USERS_TTL", "2m");
    let run = run(&mut command);
    run.says(0, &["from CACHE_USERS_TTL; cache.toml:2 [cache.users] says 5m", "taken as"]);
    assert!(!run.out.contains("the attribute says"), "{}", run.out);
}

#[test]
fn two_profiles_are_compared() {
    let directory = directory(FILE);
    let diff = run(&mut config(&directory, &["--diff", "staging", "production"]));
    diff.says(0, &["users.ttl staging 5m", "production 1h", "users.capacity staging 7"]);
    assert!(!diff.out.contains("users.jitter"), "{}", diff.out);
    let json = run(&mut config(&directory, &["--json", "--diff", "staging", "production"])).json();
    let ttl = json["differences"].as_array().into_iter().flatten();
    let ttl = ttl.into_iter().find(|difference| difference["setting"] == "users.ttl");
    assert_eq!(ttl.map(|ttl| &ttl["production"]["value"]), Some(&"1h".into()), "{json:#}");
    run(&mut config(&directory, &["--diff", "staging", "staging"])).says(0, &["the same settings"]);
}

#[test]
fn wrong_values_are_faults_with_their_places() {
    let directory = directory("[cache.users]\nttl = \"soon\"\ncapasity = 5\n");
    run(&mut config(&directory, &[])).says(1, &["cache.toml:2", "did you mean `capacity`?"]);
    let json = run(&mut config(&directory, &["--json"])).json();
    assert_eq!(json["faults"].as_array().map(Vec::len), Some(2), "{json:#}");
}

#[test]
fn a_secret_is_never_shown() {
    let directory = directory(FILE);
    let mut command = config(&directory, &[]);
    command
        .env("REDIS_URL", "redis://:hunter2@h")
        .env("CACHE_KEY_SECRET", "hunter2 hunter2 hunter2");
    let run = run(&mut command);
    run.says(0, &["from REDIS_URL", "from CACHE_KEY_SECRET"]);
    assert!(!run.out.contains("hunter2"), "{}", run.out);
}
