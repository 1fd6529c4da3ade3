#!/bin/sh
# Looks at the live page of some programs in Chromium: the states that docs/routes.md shows, use by
# the keyboard alone, and all changes. `CACHERY_WRITE_DOCS=1` takes the pictures in docs/page anew.
set -eu
sudo=$([ "$(id -u)" = 0 ] || command -v sudo)
# Installs the packages that follow, unless the command that comes first is there.
need() {
    command=$1
    shift
    command -v "$command" >/dev/null && return
    { $sudo apt-get update -q && $sudo apt-get install -qy --no-install-recommends "$@"; } >&2 || {
        echo "page: $command is missing and apt-get could not install $*" >&2
        exit 1
    }
}
need node nodejs
need npm npm
need chromium chromium
need fc-list fontconfig
# The pictures are compared, so their letters must be the same.
fc-list | grep -qi '/Inter-Regular' || need no-such-command fonts-inter
command -v redis-server >/dev/null || { echo "page: redis-server is missing: make tools" >&2; exit 1; }

cargo build --quiet -p cachery-page
target=${CARGO_TARGET_DIR:-target}
tools=$target/page-tools
mkdir -p "$tools"
[ -f "$tools/package.json" ] || echo '{}' >"$tools/package.json"
[ -d "$tools/node_modules/playwright-core" ] || npm install --prefix "$tools" --no-save playwright-core@1.65 >&2 || {
    echo "page: npm could not install playwright-core" >&2
    exit 1
}
CHROMIUM=$(command -v chromium) timeout 600 node tests/system/page.mjs "$target/debug" "$(realpath "$tools")" docs/page
if [ -n "${CACHERY_WRITE_DOCS:-}" ]; then
    need pngquant pngquant
    pngquant --force --ext .png --speed 1 --strip docs/page/*.png
fi

# 1,000 caches, each with more keys than one.
MOST_SERIES=100000
series=$("$target/debug/page_thousand")
echo "1,000 caches have $series series (at most $MOST_SERIES)"
[ "$series" -le $MOST_SERIES ]
