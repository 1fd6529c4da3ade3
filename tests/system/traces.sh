#!/bin/sh
# The spans of a service, read back from an OTLP sink, and its logs.
set -eu
. tests/system/needs.sh
needs traces redis-server redis-server
target=${CARGO_TARGET_DIR:-$PWD/target}
CARGO_TARGET_DIR=$target cargo test --quiet --manifest-path examples/otel/Cargo.toml -- --nocapture >"$target/traces.log" || {
    cat "$target/traces.log" >&2
    exit 1
}
# Before a line there may be the dots of tests that have passed.
grep -oE 'spans: .*' "$target/traces.log"
