#!/usr/bin/env bash
# How long 200 cached functions take to compile, ours against the macro of `cached`. Prints the seconds of CPU that each
# crate costs by itself, in turn, cold each time: `ours 5.83`. The program `compile` makes a table of them.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=0

generate() { # crate, dependency, attribute
    mkdir -p "$work/$1/src"
    printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
    for n in $(seq 200); do
        printf '%s\npub async fn f%s(tenant: u64, text: &str) -> Result<String, String> {\n    Ok(format!("{tenant}{text}"))\n}\n' "$3" "$n"
    done >"$work/$1/src/lib.rs"
}

generate ours "cachery = { path = \"$here\" }" '#[cachery::cached(ttl = 3600)]'
generate peer 'cached = { version = "4.1", default-features = false, features = ["proc_macro", "async", "time_stores"] }' \
    '#[cached::macros::cached(ttl_secs = 3600, key = "(u64, String)", convert = r#"{ (tenant, text.to_owned()) }"#)]'

for crate in ours peer; do (cd "$work/$crate" && cargo build --quiet); done
TIMEFORMAT='%U'
for _ in 1 2 3 4 5; do
    for crate in ours peer; do
        touch "$work/$crate/src/lib.rs"
        seconds=$( { time (cd "$work/$crate" && cargo build --quiet) ; } 2>&1 )
        echo "$crate $seconds"
    done
done
