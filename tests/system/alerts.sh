#!/bin/sh
# The alert rules, run by promtool through courses of events in which each fires and in which it must not.
set -eu
. tests/system/needs.sh
needs alerts promtool prometheus
cargo test --quiet -p cachery-cli --bin cachery promtool_agrees -- --ignored --nocapture | grep 'courses of'
