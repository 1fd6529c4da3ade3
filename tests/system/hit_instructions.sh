#!/bin/sh
# The instructions of a hit, counted by callgrind, and its allocations. `(u64, &str)` -> `Arc<str>`
# with a ttl.
set -eu
command -v valgrind >/dev/null || {
    sudo=$([ "$(id -u)" = 0 ] || command -v sudo)
    { $sudo apt-get update -q && $sudo apt-get install -qy --no-install-recommends valgrind; } >&2 || {
        echo "hit_instructions: valgrind is missing and apt-get could not install it" >&2
        exit 1
    }
}
command -v redis-server >/dev/null || { echo "hit_instructions: redis-server is missing: make tools" >&2; exit 1; }
# valgrind does not know the system call that rustix makes by itself for a clock; libc's it does.
RUSTFLAGS="${RUSTFLAGS:-} --cfg=rustix_use_libc" cargo build --quiet --release -p cachery-hit
hit=${CARGO_TARGET_DIR:-target}/release/cachery-hit

directory=$(mktemp -d)
redis-server --port 0 --unixsocket "$directory/socket" --save '' --daemonize no >/dev/null &
server=$!
trap 'kill $server; rm -rf "$directory"' EXIT
while [ ! -S "$directory/socket" ]; do sleep 0.1; done

CALLS=20000
# The runtime's own, when this task lets others run for the first time: a list, and what the tasks
# that renew stale values begin with.
ALLOCATIONS=30
failed=0
# Prints the figures of `name`, in the given registry with so many keys, at most so many instructions.
check() {
    name=$1 registry=$2 keys=$3 most=$4
    counted=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='cachery_hit::serve' \
        "$hit" "$registry" "$keys" $CALLS 2>&1 >/dev/null | awk '/Collected/ { print $4 }')
    each=$((counted / CALLS))
    allocations=$("$hit" "$registry" "$keys" $CALLS)
    echo "$name, $keys keys: $each instructions a hit (at most $most), $allocations allocations in $CALLS hits (at most $ALLOCATIONS)"
    [ "$each" -le "$most" ] && [ "$allocations" -le $ALLOCATIONS ] || failed=1
}

check memory process 100 460
check memory process 10000 460
check scoped scoped 100 630
check tagged tagged 100 520
check stale stale 4 730

# Of 128 items in memory: at most the instructions of so many hits, and the list of its values.
BATCHES=200
counted=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='cachery_hit_batch::serve' \
    "$hit-batch" $BATCHES 2>&1 >/dev/null | awk '/Collected/ { print $4 }')
each=$((counted / BATCHES / 128))
allocations=$("$hit-batch" $BATCHES)
most=$((BATCHES + ALLOCATIONS))
echo "batch, 128 items: $each instructions an item (at most 460), $allocations allocations in $BATCHES batches (at most $most)"
[ "$each" -le 460 ] && [ "$allocations" -le $most ] || failed=1

export REDIS_URL="redis+unix://$directory/socket" CACHE_TYPE=tiered
check tiered process 100 460
exit $failed
