#!/bin/sh
# Builds the book in docs/ by mdBook, which complains about what it cannot read.
set -eu
command -v mdbook >/dev/null || cargo install --quiet --locked mdbook@0.5.4 || {
    echo "book: mdbook is missing and cargo could not install it" >&2
    exit 1
}
target=${CARGO_TARGET_DIR:-$PWD/target}
mdbook build --dest-dir "$target/book" 2>"$target/book.log" || { cat "$target/book.log" >&2; exit 1; }
! grep -E 'WARN|ERROR' "$target/book.log" >&2
pages=$(grep -c '](.*\.md)' docs/SUMMARY.md)
built=$(find "$target/book" -maxdepth 1 -name '*.html' ! -name print.html ! -name 404.html ! -name index.html ! -name toc.html | wc -l)
echo "book: $pages pages, $built of them built"
[ "$built" -ge "$pages" ]
