#!/bin/sh
# The spans of a service, read back from an OTLP sink, and its logs.
set -eu
. tests/system/needs.sh
needs traces redis-server redis-server
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} cargo test --quiet --manifest-path examples/otel/Cargo.toml -- --nocapture |
    grep -E '^spans:'
