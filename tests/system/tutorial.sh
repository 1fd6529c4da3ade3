#!/bin/sh
# Runs the commands of docs/tutorial.md, block by block, from the root of the repository, and looks for what the page
# says that they print: the lines of the block `text sees` below. A block `sh serve` runs until the end of the check, and
# a block `sh until` is tried again until it prints that.
set -eu
. tests/system/needs.sh
needs tutorial prometheus prometheus
needs tutorial curl curl
needs tutorial redis-server redis-server
for port in 3000 3001 3002 6379 9090; do
    if ss -ltn | grep -q ":$port "; then
        echo "tutorial: the page uses the port $port, where something listens already" >&2
        exit 1
    fi
done
cargo build --quiet -p insights -p cachery-cli
directory=$(mktemp -d)
rm -rf target/insights target/tutorial
# Each block that serves has a group of processes of its own.
trap 'for group in $groups; do kill -- "-$group" 2>/dev/null || true; done; wait; rm -rf "$directory"' EXIT
groups=

# Writes each block into a file of its own: 01.serve, 02.until, 02.sees and so on.
awk -v directory="$directory" '
    /^```sh/ { number++; kind = NF > 1 ? $2 : "once"; file = sprintf("%s/%02d.%s", directory, number, kind); next }
    /^```text sees/ { file = sprintf("%s/%02d.sees", directory, number); next }
    /^```/ { file = ""; next }
    file { print > file }
' docs/tutorial.md

# Runs a block, and tells whether it printed what the page says.
prints() {
    sh -eu "$1" >"$directory/printed" 2>"$directory/errors" || return 1
    [ -f "$directory/$2.sees" ] || return 0
    while read -r line; do
        grep -qF -- "$line" "$directory/printed" || return 1
    done <"$directory/$2.sees"
}
fail() {
    echo "tutorial: $1" >&2
    cat "$directory/$2" "$directory/printed" "$directory/errors" >&2 || true
    exit 1
}

commands=0
for block in "$directory"/*.once "$directory"/*.serve "$directory"/*.until; do
    echo "${block##*/}"
done | sort >"$directory/order"
while read -r block; do
    number=${block%%.*}
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
    commands=$((commands + 1))
done <"$directory/order"
echo "$commands blocks of commands do what docs/tutorial.md says"
