#!/bin/sh
# The service of examples/insights on two nodes, with Redis and Prometheus, under load: counts and bills agree;
# Redis is killed, an alert fires and resolves; then the next release is deployed node by node.
set -eu
. tests/system/needs.sh
needs insights prometheus prometheus
needs insights jq jq
needs insights curl curl
needs insights redis-server redis-server
cargo build --quiet -p cachery-cli -p insights -p insights-next
target=${CARGO_TARGET_DIR:-$PWD/target}
insights=$target/debug/insights
deploy=examples/insights/deploy

directory=$(mktemp -d)
redis_port=$(free_port) prometheus_port=$(free_port)
port_1=$(free_port) port_2=$(free_port)
node_1=http://127.0.0.1:$port_1 node_2=http://127.0.0.1:$port_2
prometheus=http://127.0.0.1:$prometheus_port
pids=
trap 'kill $pids 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
fail() { echo "insights: $1" >&2; tail -n 20 "$directory"/*.log >&2; exit 1; }

export CACHE_ENV=production CACHE_CONFIG=examples/insights/cache.toml
export REDIS_URL=redis://127.0.0.1:$redis_port CACHE_KEY_SECRET=only-for-this-check
export OPS_TOKEN=the-operators-of-this-check METRICS_TOKEN=the-prometheus-of-this-check

# The settings are those of the deployment.
start_redis() {
    redis-server $deploy/redis.conf --port "$redis_port" --dir "$directory" >"$directory/redis.log" &
    redis=$!
    pids="$pids $redis"
    eventually insights "Redis answers" redis-cli -p "$redis_port" ping
}
# `start_node 1 insights`: starts that release as node 1, and leaves its process in `node`.
start_node() {
    eval "port=\$port_$1"
    "$target/debug/$2" "127.0.0.1:$port" --data "$directory/data" --latency 100 >>"$directory/node_$1.log" 2>&1 &
    node=$!
    pids="$pids $node"
    eventually insights "node $1 is ready" curl -sf "http://127.0.0.1:$port/health/ready"
}
start_redis
start_node 1 insights
process_1=$node
start_node 2 insights
process_2=$node

printf %s "$METRICS_TOKEN" >"$directory/cachery-token"
"$target/debug/cachery" export alerts | cmp -s - $deploy/alerts.yml || fail "deploy/alerts.yml is not the exported one"
with_short_times <$deploy/alerts.yml >"$directory/alerts.yml"
# The configuration of the deployment; the nodes are known by their ports.
awk '/dns_sd_configs/ { exit } { print }' $deploy/prometheus.yml |
    sed -e 's/15s/1s/' -e "s|/run/secrets/metrics-token|cachery-token|" >"$directory/prometheus.yml"
printf '    static_configs:\n      - targets: ["127.0.0.1:%s", "127.0.0.1:%s"]\n' "$port_1" "$port_2" >>"$directory/prometheus.yml"
start_prometheus insights

# `load NAME SECONDS …`: loads both nodes, and leaves the counts in NAME.json.
load() {
    name=$1 seconds=$2
    shift 2
    "$insights" load "$node_1" "$node_2" --seconds "$seconds" "$@" >"$directory/$name.json" 2>"$directory/$name.log"
}
stats() { curl -sf -H "Authorization: Bearer $OPS_TOKEN" "$1/api/cache/stats"; }

# 1. The statistics of both nodes are the counts of the load, and their ledgers the bills of the model.
load counts 15 || fail "under load"
stats "$node_1" >"$directory/stats_1" && stats "$node_2" >"$directory/stats_2"
calls() { jq -s --arg name "$1" '[.[].caches[] | select(.name == $name).stats | .hits + .misses] | add' "$directory/stats_1" "$directory/stats_2"; }
loads() { jq -s --arg name "$1" '[.[].caches[] | select(.name == $name).stats.loads] | add' "$directory/stats_1" "$directory/stats_2"; }
feedback=$(jq .feedback "$directory/counts.json") products=$(jq .products "$directory/counts.json")
for cache in categorization translations priority duplicates specs; do
    [ "$(calls $cache)" = "$feedback" ] || fail "$cache has $(calls $cache) calls, the load $feedback"
done
for cache in summaries topics competitive; do
    [ "$(calls $cache)" = "$products" ] || fail "$cache has $(calls $cache) calls, the load $products"
done
[ "$(calls sentiment)" = "$((feedback + $(loads priority)))" ] || fail "sentiment has $(calls sentiment) calls"
[ "$(calls embeddings)" = "$((feedback + 5 * $(loads duplicates)))" ] || fail "embeddings has $(calls embeddings) calls"
for node in 1 2; do
    eval "url=\$node_$node"
    # shellcheck disable=SC2154
    bill=$(curl -sf "$url/bill" | jq .nanos)
    ledger=$(jq .total.money.spent "$directory/stats_$node")
    [ "$bill" = "$ledger" ] || fail "node $node: the ledger says $ledger, the model $bill"
done
spent=$(jq -s '[.[].total.money.spent] | add / 1e9' "$directory/stats_1" "$directory/stats_2")
saved=$(jq -s '[.[].total.money | .saved_by_hits + .saved_by_coalescing + .saved_by_dedup - .refresh] | add / 1e9' "$directory/stats_1" "$directory/stats_2")
echo "load: $feedback pages of texts and $products of products, as the statistics of both nodes say; \$$spent spent, as the model's bills say, and \$$saved saved"

# 2. Redis dies under load. For the outage ttl a node may show what another has changed.
is_firing() { curl -sf "$prometheus/api/v1/alerts" | jq -e --arg name "$1" \
    '.data.alerts | any(.labels.alertname == $name and .state == "firing")'; }
is_quiet() { ! is_firing "$1"; }
load outage 45 --patience 60 &
loading=$!
kill -9 "$redis"
for alert in CacheBreakerOpen CachePushesLost; do
    eventually insights "without Redis, $alert fires" is_firing $alert
done
start_redis
for alert in CacheBreakerOpen CachePushesLost; do
    eventually insights "with Redis, $alert is over" is_quiet $alert
done
wait "$loading" || fail "a call failed while Redis was away"
echo "outage: 2 alerts fire and resolve, no call of $(jq '.feedback + .products + .updates' "$directory/outage.json") fails"

# 3. The next release, node by node, under load.
load deploy 40 &
loading=$!
kill -TERM "$process_2" && { wait "$process_2" || fail "node 2 did not end well"; }
start_node 2 insights-next
kill -TERM "$process_1" && { wait "$process_1" || fail "node 1 did not end well"; }
start_node 1 insights-next
wait "$loading" || fail "a call failed, or a change was not seen, during the deploy"
stats "$node_1" >"$directory/stats_1" && stats "$node_2" >"$directory/stats_2"
kept=$(loads sentiment) changed=$(loads categorization)
[ "$changed" -gt "$kept" ] || fail "the changed cache began with $changed loads, one that was kept with $kept"
echo "deploy: no call of $(jq '.feedback + .products + .updates' "$directory/deploy.json") fails, $(jq .updates "$directory/deploy.json") changes are seen; the changed cache loads $changed values, one that was kept $kept"
