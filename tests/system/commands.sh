#!/bin/sh
# Runs the commands of the book's pages, block by block, from the root of the repository, and looks for what a page
# says that they print: the lines of the block `text sees` below. A block `sh serve` runs until the end of the page, and
# a block `sh until` is tried again until it prints that. The test `book` says whose blocks are left to others.
set -eu
. tests/system/needs.sh
needs commands prometheus prometheus
needs commands curl curl
needs commands redis-server redis-server
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR="$target"
cargo build --quiet -p insights -p cachery-cli
cargo build --quiet --manifest-path examples/otel/Cargo.toml
# `cachery` is the command of this repository.
export PATH="$target/debug:$PATH"
directory=$(mktemp -d)
groups=
trap 'stop; rm -rf "$directory"' EXIT

# Ends what serves. Each block that does has a group of processes of its own.
stop() {
    for group in $groups; do kill -- "-$group" 2>/dev/null || true; done
    wait
    groups=
}

# Writes each block of a page into a file of its own: 01.serve, 02.until, 02.sees and so on.
split() {
    awk -v directory="$directory" '
        /^```sh/ { number++; kind = NF > 1 ? $2 : "once"; file = sprintf("%s/%02d.%s", directory, number, kind); next }
        /^```text sees/ { file = sprintf("%s/%02d.sees", directory, number); next }
        /^```/ { file = ""; next }
        file { print > file }
    ' "$1"
}

# Runs a block, and tells whether it printed what the page says.
prints() {
    sh -eu "$1" >"$directory/printed" 2>"$directory/errors" || return 1
    [ -f "$directory/$2.sees" ] || return 0
    while read -r line; do
        grep -qF -- "$line" "$directory/printed" || return 1
    done <"$directory/$2.sees"
}
fail() {
    echo "commands: $page: $1" >&2
    cat "$directory/$2" "$directory/printed" "$directory/errors" >&2 || true
    exit 1
}

# Runs the block in a file: `run 02.until`.
run() {
    block=$1 number=${1%%.*}
    case $block in
    *.serve)
        setsid sh -eu "$directory/$block" >"$directory/$number.log" 2>&1 </dev/null &
        groups="$groups $!"
        ;;
    *.until)
        tries=0
        until prints "$directory/$block" "$number"; do
            tries=$((tries + 1))
            [ $tries -lt 180 ] || fail "not within three minutes" "$block"
            sleep 1
        done
        ;;
    *.once) prints "$directory/$block" "$number" || fail "it does not print what the page says" "$block" ;;
    esac
}

is_free() { ! ss -ltn | grep -q ":$1 "; }

for page in tutorial redis traces command; do
    page=docs/$page.md
    for port in 3000 3001 3002 6379 9090; do
        eventually commands "the port $port, which $page uses, is free" is_free "$port"
    done
    rm -rf target/insights target/tutorial "$directory"/*
    split "$page"
    blocks=$(cd "$directory" && ls | grep -v sees)
    for block in $blocks; do run "$block"; done
    stop
    echo "$(echo "$blocks" | wc -l) blocks of commands do what $page says"
done
