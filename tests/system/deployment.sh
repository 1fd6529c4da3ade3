#!/bin/sh
# The files of examples/insights/deploy: each is read, the files that they mount exist, a node answers the paths of
# their probes, and Redis and a sentinel start with their settings. No container is started.
set -eu
. tests/system/needs.sh
needs deployment python3 python3
python3 -c 'import yaml' 2>/dev/null || needs deployment 'the module yaml' python3-yaml
needs deployment curl curl
needs deployment redis-server redis-server
cargo build --quiet -p insights
insights=${CARGO_TARGET_DIR:-$PWD/target}/debug/insights
directory=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || true; wait; rm -rf "$directory"' EXIT

python3 - >"$directory/paths" <<'END'
import os, sys, yaml
deploy = "examples/insights/deploy"
def read(name):
    with open(f"{deploy}/{name}") as file:
        return list(yaml.safe_load_all(file))
def check(holds, what):
    if not holds:
        sys.exit(f"deployment: {what}")

names = sorted(name for name in os.listdir(deploy) if name.endswith(".yml"))
names += [f"grafana/{name}" for name in os.listdir(f"{deploy}/grafana") if name.endswith(".yml")]
for name in names:
    check(all(read(name)), f"{name} is empty")
services = {}
for name in names:
    if not name.startswith("docker-compose"):
        continue
    for service, settings in read(name)[0]["services"].items():
        if name.endswith("sentinel.yml") and service in ("insights", "redis"):
            check(service in services, f"{name} changes {service}, which is not there")
        else:
            check("image" in settings or "build" in settings, f"{name}: {service} has no image")
        for volume in settings.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                check(os.path.exists(f"{deploy}/{source}"), f"{name} mounts {source}, which is not there")
        if "build" in settings:
            check(os.path.exists(settings["build"]["dockerfile"]), f"{name}: no Dockerfile")
            print(settings["healthcheck"]["test"][-1].split("3000")[1])
        services[service] = settings
for part in read("kubernetes.yml"):
    check(part["kind"] and part["apiVersion"] and part["metadata"]["name"], "a part of kubernetes.yml has no name")
    if part["kind"] == "Deployment":
        container = part["spec"]["template"]["spec"]["containers"][0]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            print(container[probe]["httpGet"]["path"])
END

port=$(free_port)
"$insights" "127.0.0.1:$port" --data "$directory/data" >"$directory/node.log" 2>&1 &
pids="$pids $!"
eventually deployment "a node answers" curl -s "http://127.0.0.1:$port/health/live"
probes=0
while read -r path; do
    curl -sf "http://127.0.0.1:$port$path" >/dev/null || { echo "deployment: no answer to $path" >&2; exit 1; }
    probes=$((probes + 1))
done <"$directory/paths"

redis_port=$(free_port) sentinel_port=$(free_port)
redis-server examples/insights/deploy/redis.conf --port "$redis_port" --dir "$directory" >"$directory/redis.log" &
pids="$pids $!"
eventually deployment "Redis answers" redis-cli -p "$redis_port" ping
[ "$(redis-cli -p "$redis_port" config get maxmemory-policy | tail -1)" = allkeys-lru ]
# Here no host is called `redis`.
sed -e "s/redis 6379/127.0.0.1 $redis_port/" -e "s/26379/$sentinel_port/" \
    examples/insights/deploy/sentinel.conf >"$directory/sentinel.conf"
redis-server "$directory/sentinel.conf" --sentinel >"$directory/sentinel.log" &
pids="$pids $!"
eventually deployment "a sentinel answers" redis-cli -p "$sentinel_port" sentinel get-master-addr-by-name insights
echo "$probes paths of probes are answered; the files are read, and those that they mount exist; Redis and a sentinel start"
