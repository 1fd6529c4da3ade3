#!/bin/sh
# The board's queries and the alerts, with a Prometheus that scrapes a service with faults. The rules are the
# exported ones, with seconds in place of minutes.
set -eu
. tests/system/needs.sh
needs panels prometheus prometheus
needs panels jq jq
needs panels curl curl
needs panels redis-server redis-server
cargo build --quiet -p cachery-cli
target=${CARGO_TARGET_DIR:-$PWD/target}
CARGO_TARGET_DIR=$target cargo build --quiet --manifest-path examples/otel/Cargo.toml
cachery=$target/debug/cachery

directory=$(mktemp -d)
redis_port=$(free_port) service_port=$(free_port) prometheus_port=$(free_port)
service=http://127.0.0.1:$service_port
prometheus=http://127.0.0.1:$prometheus_port
pids=
trap 'kill $pids 2>/dev/null || true; wait; rm -rf "$directory"' EXIT

start_redis() {
    redis-server --port "$redis_port" --save '' --dir "$directory" >/dev/null &
    redis=$!
    pids="$pids $redis"
    eventually panels "Redis answers" redis-cli -p "$redis_port" ping
}
start_redis
REDIS_URL=redis://127.0.0.1:$redis_port "$target/debug/cachery-otel" "127.0.0.1:$service_port" \
    >/dev/null 2>"$directory/service.log" &
pids="$pids $!"
eventually panels "the service answers" curl -sf "$service/metrics"

printf %s only-for-this-example >"$directory/cachery-token"
"$cachery" export alerts | with_short_times >"$directory/alerts.yml"
# The routes, as exported, and beside them the service's own recorder.
"$cachery" export prometheus --url "$service/ops" | sed 's/15s/1s/' >"$directory/prometheus.yml"
cat >>"$directory/prometheus.yml" <<END
  - job_name: recorder
    static_configs:
      - targets: ["127.0.0.1:$service_port"]
END
start_prometheus panels

# Calls that hit, miss, fail and forget, until the check ends.
(while :; do
    for text in good better "$(date +%N)" fails; do
        curl -s "$service/sentiment/$text" >/dev/null || true
    done
    curl -s -X POST "$service/forget/good" >/dev/null || true
done) &
pids="$pids $!"

is_firing() { curl -sf "$prometheus/api/v1/alerts" | jq -e --arg name "$1" \
    '.data.alerts | any(.labels.alertname == $name and .state == "firing")' >/dev/null; }
is_quiet() { ! is_firing "$1"; }

eventually panels "failing loads fire" is_firing CacheLoadErrors
is_quiet CacheBreakerOpen || { echo "panels: an alert fires while Redis is well" >&2; exit 1; }
kill -9 "$redis"
for alert in CacheBreakerOpen CachePushesLost CacheFallbackInUse; do
    eventually panels "without Redis, $alert fires" is_firing "$alert"
done
start_redis
for alert in CacheBreakerOpen CachePushesLost CacheFallbackInUse; do
    eventually panels "with Redis, $alert is over" is_quiet "$alert"
done
echo "alerts: 4 fire with their faults, and 3 end with them"

has_data() { curl -sf "$prometheus/api/v1/query" --data-urlencode "query=$1" | jq -e '.data.result | length > 0'; }
queries=0
"$cachery" export grafana | jq -r '.panels[].targets[]?.expr' |
    sed -e 's/\$cache/.*/g' -e 's/\$tier/.*/g' -e 's/\$__rate_interval/30s/g' >"$directory/queries"
while read -r query; do
    eventually panels "data for $query" has_data "$query"
    queries=$((queries + 1))
done <"$directory/queries"
[ "$queries" -gt 0 ]
echo "board: $queries queries, each with data"
