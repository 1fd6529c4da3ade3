# Installs what a check needs. `needs alerts promtool prometheus`: the check `alerts` needs the command
# `promtool`, which the package `prometheus` of Debian brings.
needs() {
    command -v "$2" >/dev/null && return
    sudo=$([ "$(id -u)" = 0 ] || command -v sudo)
    { $sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qy --no-install-recommends "$3"; } >&2 || {
        echo "$1: $2 is missing and apt-get could not install $3" >&2
        exit 1
    }
}

# Waits until the command succeeds, for a minute: `eventually panels "the service answers" curl …`.
eventually() {
    check=$1 what=$2
    shift 2
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "$check: not within a minute: $what" >&2
    exit 1
}

# Prints a port that nobody listens at.
free_port() {
    while port=$(shuf -i 20000-29999 -n 1) && ss -ltn 2>/dev/null | grep -q ":$port "; do :; done
    echo "$port"
}

# Shortens the times of alert rules, so that they fire within seconds.
with_short_times() {
    sed -e 's/for: [0-9]*m/for: 1s/' -e 's/\[5m\]/[10s]/g' -e 's/\[15m\]/[10s]/g'
}

# Starts Prometheus at $prometheus, by the prometheus.yml in $directory: `start_prometheus panels`.
start_prometheus() {
    promtool check config "$directory/prometheus.yml" >&2
    (cd "$directory" && exec prometheus --config.file=prometheus.yml --storage.tsdb.path=prometheus-data \
        --web.listen-address="${prometheus#http://}") 2>"$directory/prometheus.log" &
    pids="$pids $!"
    eventually "$1" "Prometheus is ready" curl -sf "$prometheus/-/ready"
}
