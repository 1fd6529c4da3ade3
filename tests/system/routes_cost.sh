#!/bin/sh
# The instructions of a hit with the routes and without them, counted by callgrind.
set -eu
. tests/system/needs.sh
needs routes_cost valgrind valgrind
# valgrind does not know the system call that rustix makes by itself for a clock; libc's it does.
RUSTFLAGS="${RUSTFLAGS:-} --cfg=rustix_use_libc" cargo build --quiet --release -p cachery-page --bin page_hit
hit=${CARGO_TARGET_DIR:-target}/release/page_hit

CALLS=20000
# Returns the instructions of a hit.
count() {
    counted=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='page_hit::serve' \
        "$hit" "$1" $CALLS 2>&1 >/dev/null | awk '/Collected/ { print $4 }')
    echo $((counted / CALLS))
}
without=$(count without)
with=$(count with)
echo "a hit takes $without instructions without the routes and $with with them (at most as many)"
[ "$without" -gt 0 ] && [ "$with" -le "$without" ]
