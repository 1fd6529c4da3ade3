//! Writes programs with many caches: their names must be literals.

use std::{env, fmt::Write as _, fs, path::Path};

const KINDS: [&str; 10] = [
    "orders", "users", "prices", "search", "reviews", "stock", "images", "carts", "taxes", "rates",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (file, number) in [("two_hundred.rs", 200), ("thousand.rs", 1000)] {
        let path = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join(file);
        fs::write(path, caches(number)).expect("cargo made the directory");
    }
}

/// Returns the declarations of so many caches, and the list of them.
fn caches(number: usize) -> String {
    let (mut caches, mut list) = (String::new(), String::new());
    for nth in 0..number {
        let kind = KINDS[nth % KINDS.len()];
        let place = nth / KINDS.len();
        let _ = writeln!(
            caches,
            "    static C{nth}: Cache<u64, u64> = {{ name: \"{kind}-{place:02}\", ttl: \"1h\", capacity: 500 }};"
        );
        let _ = write!(list, "&C{nth}, ");
    }
    format!(
        "cachery::caches! {{\n{caches}}}\n\
         static ALL: [&cachery::Cache<u64, u64>; {number}] = [{list}];\n"
    )
}
