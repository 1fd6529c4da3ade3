//! The machine and the versions that the tables were measured on.

use std::{fs, process::Command, thread};

use cachery_benches::report;

const LOCKFILE: &str = include_str!("../Cargo.lock");

/// The peers, the engines below them, and the client of the remote tier.
const CRATES: [&str; 9] = [
    "cached",
    "hitbox-fn",
    "hitbox-moka",
    "cachet",
    "quick_cache",
    "foyer-memory",
    "moka",
    "redis",
    "tokio",
];

/// Returns the machine and the versions, in Markdown.
pub fn table() -> String {
    let cores = thread::available_parallelism().map_or(0, |cores| cores.get());
    let crates = CRATES.map(|name| format!("{name} {}", version(name))).join(", ");
    let rows = [
        ("day", output("date", &["-u", "+%F"])),
        ("processor", format!("{}, {cores} cores", processor())),
        ("kernel", output("uname", &["-sr"])),
        ("compiler", output("rustc", &["--version"])),
        ("server", output("redis-server", &["--version"])),
        ("crates", crates),
    ];
    report::table(&["", ""], rows.map(|(name, text)| vec![name.to_owned(), text]))
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| line.split_once(": "));
    model.map_or("unknown", |(_, model)| model).to_owned()
}

/// Returns what a command prints.
fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or("unknown".to_owned(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

/// Returns the version of a crate in the lockfile.
fn version(name: &str) -> &str {
    let package = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = LOCKFILE.split_once(&*package).expect("the lockfile has it");
    rest.split('"').next().expect("a version")
}
