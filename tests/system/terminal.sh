#!/bin/sh
# The command in terminals of 80 and 120 columns, and without one.
set -eu
. tests/system/needs.sh
needs terminal tmux tmux
needs terminal curl curl
cargo build --quiet -p cachery-cli
target=${CARGO_TARGET_DIR:-$PWD/target}
CARGO_TARGET_DIR=$target cargo build --quiet --manifest-path examples/otel/Cargo.toml
cachery=$target/debug/cachery

directory=$(mktemp -d)
sessions=0
service_port=$(free_port)
pids=
trap 'tmux -S "${socket:-none}" kill-server 2>/dev/null || true; kill $pids 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
# Nothing listens there: the check has a row that is bad, and the service goes on without Redis.
export REDIS_URL=redis://127.0.0.1:1
# A service that has never reached Redis has no share of a budget.
export CACHE_SENTIMENT_BUDGET=off
"$target/debug/cachery-otel" "127.0.0.1:$service_port" >/dev/null 2>&1 &
pids="$pids $!"
export CACHERY_URL="http://127.0.0.1:$service_port/ops" CACHERY_TOKEN=only-for-this-example
eventually terminal "the service answers" curl -sf "http://127.0.0.1:$service_port/sentiment/good"

# Opens a terminal of so many columns and rows. Each has a server of its own, because one that is killed still has
# its socket for a while.
open() {
    sessions=$((sessions + 1))
    socket=$directory/tmux$sessions
    tmux -S "$socket" -f /dev/null new-session -d -x "$1" -y "$2" "$3; echo the end; sleep 60"
}

# Runs a command in a terminal of so many columns, and leaves what it shows in $directory/screen, with colours.
show() {
    columns=$1
    shift
    open "$columns" 50 "$*"
    eventually terminal "$* ends" sh -c "tmux -S '$socket' capture-pane -p | grep -q 'the end'"
    tmux -S "$socket" capture-pane -p -e >"$directory/screen"
    tmux -S "$socket" capture-pane -p >"$directory/text"
    # Here what the terminal had to break is one line.
    tmux -S "$socket" capture-pane -p -J >"$directory/joined"
    tmux -S "$socket" kill-server
}
escape=$(printf '\033')
fail() {
    echo "terminal: $1" >&2
    cat "$directory/text" >&2
    exit 1
}

for columns in 80 120; do
    show $columns "$cachery" check
    grep -q "$escape" "$directory/screen" || fail "no colours in a terminal of $columns columns"
    grep -q "nothing listens there" "$directory/text" || fail "no cause at $columns columns"
    [ "$(wc -l <"$directory/text")" = "$(wc -l <"$directory/joined")" ] || fail "a line is broken at $columns columns"
    show $columns "$cachery" stats
    [ "$(grep -c sentiment "$directory/text")" = 1 ] || fail "a row is broken at $columns columns"
    eval "shown_$columns=\$(head -1 '$directory/text' | wc -w)"

    # Live, until `q`.
    open $columns 20 "$cachery stats --watch --every 1"
    eventually terminal "a live row" sh -c "tmux -S '$socket' capture-pane -p | grep -q '^sentiment'"
    tmux -S "$socket" send-keys q
    eventually terminal "q ends it" sh -c "tmux -S '$socket' capture-pane -p | grep -q 'the end'"
    tmux -S "$socket" kill-server
done
# shellcheck disable=SC2154
[ "$shown_80" -lt "$shown_120" ] || fail "120 columns show no more than 80"
echo "80 and 120 columns: no line is broken, wider ones show more, and \`q\` ends the live view"

"$cachery" check >"$directory/text" && fail "a bad check succeeds"
grep -q "$escape" "$directory/text" && fail "colours without a terminal"
"$cachery" stats --watch >"$directory/text" 2>&1 && fail "--watch succeeds without a terminal"
echo "without a terminal: no colours, and --watch says that it needs one"
