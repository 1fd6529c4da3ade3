#!/bin/sh
# Twelve faults, planted one after the other into a service on two nodes with Redis. Each is named by
# `cachery check`, `doctor` or `health`, with what to do; fires its alert in a Prometheus that scrapes the
# nodes, whose rules are the exported ones with seconds in place of minutes; and is over by itself once its
# cause is gone. Before the first one and after the last one no alert fires.
set -eu
. tests/system/needs.sh
needs faults prometheus prometheus
needs faults jq jq
needs faults curl curl
needs faults redis-server redis-server
needs faults faketime faketime
cargo build --quiet -p cachery-cli -p cachery-faults
target=${CARGO_TARGET_DIR:-$PWD/target}
cachery=$target/debug/cachery

directory=$(mktemp -d)
redis_port=$(free_port) prometheus_port=$(free_port) port_1=$(free_port) port_2=$(free_port)
node_1=http://127.0.0.1:$port_1 node_2=http://127.0.0.1:$port_2
prometheus=http://127.0.0.1:$prometheus_port
pids=
trap 'kill -CONT $redis 2>/dev/null; kill $pids 2>/dev/null || true; wait; rm -rf "$directory"' EXIT

# The user of the nodes is `app`; the faults are planted by `default`.
export REDIS_URL="redis://app:right@127.0.0.1:$redis_port" CACHERY_TOKEN=only-for-this-check
export CACHE_PICTURES_MAX_VALUE_SIZE=1KiB
cat >"$directory/redis.conf" <<END
port $redis_port
dir $directory
save ""
user default on nopass ~* &* +@all
user app on >right ~* &* +@all
END
start_redis() {
    redis-server "$directory/redis.conf" >>"$directory/redis.log" &
    redis=$!
    pids="$pids $redis"
    eventually faults "Redis answers" redis-cli -p "$redis_port" ping
}
redis() { redis-cli -p "$redis_port" "$@" >/dev/null; }
start_redis
# The clock of node 2 is that of the machine and as many seconds as the file says.
echo +0 >"$directory/clock"
faketime=$(find /usr/lib -name libfaketimeMT.so.1 | head -1)
[ -n "$faketime" ] || { echo "faults: libfaketimeMT.so.1 is missing" >&2; exit 1; }
"$target/debug/cachery-faults" "127.0.0.1:$port_1" >"$directory/node_1.log" 2>&1 &
pids="$pids $!"
FAKETIME_TIMESTAMP_FILE=$directory/clock FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
    LD_PRELOAD=$faketime "$target/debug/cachery-faults" "127.0.0.1:$port_2" >"$directory/node_2.log" 2>&1 &
pids="$pids $!"
for url in "$node_1" "$node_2"; do
    eventually faults "$url answers" curl -sf "$url/ops/health/live"
done

printf %s "$CACHERY_TOKEN" >"$directory/cachery-token"
"$cachery" export alerts | with_short_times >"$directory/alerts.yml"
"$cachery" export prometheus --url "$node_1/ops" |
    sed -e 's/15s/1s/' -e "s/\"127.0.0.1:$port_1\"/\"127.0.0.1:$port_1\", \"127.0.0.1:$port_2\"/" \
        >"$directory/prometheus.yml"
start_prometheus faults

firing() {
    curl -sf "$prometheus/api/v1/alerts" |
        jq -r '[.data.alerts[] | select(.state == "firing").labels.alertname] | unique | .[]'
}
is_firing() { firing | grep -qx "$1"; }
is_quiet() { [ -z "$(firing)" ]; }
# Runs a command of `cachery` for a node, and tells whether it prints the words.
says() {
    words=$1
    shift
    "$cachery" "$@" >"$directory/said" 2>&1 || true
    tr -s ' \n' ' ' <"$directory/said" | grep -qF -- "$words"
}
# Waits as `eventually` does, and for another minute or two: a right that was granted is looked for once a minute.
patiently() {
    for _ in 1 2; do
        (eventually "$@") 2>/dev/null && return
    done
    eventually "$@"
}

# `fault NAME ALERT WORDS COMMAND…`: after `plant_NAME`, the command prints the words and the alert fires;
# after `heal_NAME`, no alert fires any more.
faults=0
fault() {
    name=$1 alert=$2 words=$3
    shift 3
    began=$(date +%s)
    "plant_$name"
    eventually faults "$name: \`cachery $*\` says \"$words\", and not $(cat "$directory/said" 2>/dev/null)" says "$words" "$@"
    eventually faults "$name: $alert fires, and not $(firing | tr '\n' ' ')" is_firing "$alert"
    "heal_$name"
    patiently faults "$name: no alert fires any more, not $(firing | tr '\n' ' ')" is_quiet
    echo "$name: named by \`cachery $1\`, fires $alert and is over, in $(($(date +%s) - began)) s" >>"$directory/lines"
    echo "$name: $(($(date +%s) - began)) s" >&2
    faults=$((faults + 1))
}

plant_killed() { kill -9 "$redis"; }
heal_killed() { start_redis; }
plant_frozen() { kill -STOP "$redis"; }
heal_frozen() { kill -CONT "$redis"; }
plant_full() { redis config set maxmemory 1; }
heal_full() { redis config set maxmemory 0; }
plant_readonly() { redis replicaof 127.0.0.1 1; }
heal_readonly() { redis replicaof no one; }
reconnect() { redis client kill type normal skipme yes; redis client kill type pubsub; }
plant_password() { redis acl setuser app resetpass '>another'; reconnect; }
heal_password() { redis acl setuser app resetpass '>right'; }
plant_scripts() { redis acl setuser app -eval -evalsha; }
heal_scripts() { redis acl setuser app +eval +evalsha; }
plant_pushes() { redis acl setuser app '-client|tracking' -publish -subscribe; reconnect; }
heal_pushes() { redis acl setuser app '+client|tracking' +publish +subscribe; }
plant() { curl -sf -X POST "$node_1/fault/$1/$2"; }
plant_slow() { plant slow on; }
heal_slow() { plant slow off; }
plant_failing() { plant failing on; }
heal_failing() { plant failing off; }
plant_oversized() { plant oversized on; }
heal_oversized() { plant oversized off; }
plant_crowded() { plant crowded on; }
heal_crowded() { plant crowded off; }
plant_clocks() { echo +3600 >"$directory/clock"; }
heal_clocks() { echo +0 >"$directory/clock"; }

patiently faults "no alert fires while all is well, not $(firing)" is_quiet
says 'Redis is up' check || { echo "faults: all is well, and \`check\` says: $(cat "$directory/said")" >&2; exit 1; }
ops_1=$node_1/ops ops_2=$node_2/ops
fault killed CacheBreakerOpen '!! connect' check
fault frozen CacheBreakerOpen '!! reply' check
fault full CacheFallbackInUse '!! store' check
fault readonly CacheFallbackInUse '!! replication' check
fault password CacheFallbackInUse '!! login' check
fault scripts CacheFallbackInUse '!! scripts' check
fault pushes CachePushesLost '! pushes' check
fault slow CacheLoadsSlow 'cache summaries a load takes' doctor --url "$ops_1"
fault failing CacheLoadErrors 'of its loads fail' doctor --url "$ops_1"
fault oversized CacheValuesUnstorable 'raise `max_value_size`' doctor --url "$ops_1"
fault crowded CacheEvictionThrash 'CACHE_SESSIONS_CAPACITY' doctor --url "$ops_1"
fault clocks CacheClocksApart 'behind that of this machine: set both by NTP' health --url "$ops_2"
cat "$directory/lines"
[ "$faults" = 12 ]
