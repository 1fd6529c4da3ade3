#!/bin/sh
# Runs the checks that are named, one after the other, and writes docs/system.md. A check is a script
# beside this one: it prints one line for each thing that it measures, and fails when one of them is
# beyond its bound. So another check is another script, and its name in the Makefile.
set -u
cd "$(dirname "$0")/../.." || exit 1
lines=$(mktemp)
trap 'rm -f "$lines" "$lines.status"' EXIT
failed=
for check in "$@"; do
    echo 0 >"$lines.status"
    { "tests/system/$check.sh" || echo 1 >"$lines.status"; } | sed "s/^/$check: /" | tee -a "$lines"
    [ "$(cat "$lines.status")" = 0 ] || failed="$failed $check"
done
if [ -n "$failed" ]; then
    echo "make system: failed:$failed" >&2
    exit 1
fi
{
    echo "# Checks of the system"
    echo
    echo "\`make system\` runs the checks that need tools or time beyond the gate, and writes this page when all of"
    echo "them pass. Each line is a figure with its bound."
    echo
    sed 's/^/- /' "$lines"
    echo
    echo "Of $(date -u +%F), commit $(git rev-parse --short HEAD), $(rustc --version), $(uname -sm)."
} >docs/system.md
echo "make system: all passed"
