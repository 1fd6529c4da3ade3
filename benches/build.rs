//! Writes 1,000 declarations of named caches for the program `start`.

use std::{env, fmt::Write as _, fs, path::Path};

const CACHES: usize = 1_000;

fn main() {
    let mut text = String::from("cachery::caches! {\n");
    for n in 0..CACHES {
        writeln!(text, "    static C{n}: Cache<u64, u64> = {{ name: \"bench-{n}\", ttl: 3600 }};")
            .expect("a string takes all");
    }
    let names: Vec<_> = (0..CACHES).map(|n| format!("&C{n}")).collect();
    writeln!(text, "}}\nstatic CACHES: [&Cache<u64, u64>; {CACHES}] = [{}];", names.join(", "))
        .expect("a string takes all");
    let directory = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&directory).join("caches.rs"), text).expect("written");
    println!("cargo::rerun-if-changed=build.rs");
}
