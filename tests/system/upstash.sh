#!/bin/sh
# Runs the contract suite by the REST API of Upstash on a server that others have written, and has Upstash's
# own client read and delete what was stored. Both are npm packages, put below the target directory.
set -eu
. tests/system/needs.sh
needs upstash redis-server redis-server
needs upstash npm npm
home=${CARGO_TARGET_DIR:-$PWD/target}/upstash
packages='@upstash/redis@1.39 @humanwhocodes/upstash-redis-server@1.0'
mkdir -p "$home"
[ -d "$home/node_modules/@upstash/redis" ] || npm install --silent --no-fund --no-audit --prefix "$home" $packages >&2 || {
    echo "upstash: the packages cannot be installed: npm install --prefix $home $packages" >&2
    exit 1
}
tests=$(cargo test --all-features --test it --no-run 2>&1 | sed -n 's/.*(\(.*\/it-[0-9a-f]*\))$/\1/p')
[ -x "$tests" ] || { echo "upstash: the tests cannot be built" >&2; exit 1; }
export CACHERY_UPSTASH_CLIENT="$home/node_modules/@upstash/redis/nodejs.mjs"

# Runs tests: what for, and their names.
run() {
    what=$1
    shift
    "$tests" "$@" >"$home/log" 2>&1 || {
        cat "$home/log" >&2
        echo "upstash: broken: $what" >&2
        exit 1
    }
    echo "$what: $(sed -n 's/^test result: ok. \([0-9]*\) passed.*/\1/p' "$home/log") tests passed"
}

run "Upstash's client, replies in base64" rest::client
export CACHERY_UPSTASH_SERVER="$home/node_modules/@humanwhocodes/upstash-redis-server/dist/server.js"
run "Upstash's client, @humanwhocodes/upstash-redis-server" rest::client
run "the contract suite on @humanwhocodes/upstash-redis-server" contract::rest
