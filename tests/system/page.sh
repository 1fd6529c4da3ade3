#!/bin/sh
# Looks at the live page of some programs in Chromium: the states that docs/routes.md shows, use by
# the keyboard alone, and all changes. `CACHERY_WRITE_DOCS=1` takes the pictures in docs/page anew.
set -eu
. tests/system/needs.sh
needs page node nodejs
needs page npm npm
needs page chromium chromium
needs page fc-list fontconfig
# The pictures are compared, so their letters must be the same.
fc-list | grep -qi '/Inter-Regular' || needs page 'the font Inter' fonts-inter
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
    needs page pngquant pngquant
    pngquant --force --ext .png --speed 1 --strip docs/page/*.png
fi

# 1,000 caches, each with more keys than one.
MOST_SERIES=100000
series=$("$target/debug/page_thousand")
echo "1,000 caches have $series series (at most $MOST_SERIES)"
[ "$series" -le $MOST_SERIES ]
