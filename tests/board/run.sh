#!/bin/sh
# Runs the tests of the page for ctest: run.sh vitest, or run.sh PAGE.test.mjs BOARD_DEMO DNSTORM
# Ends with 77 (skipped) and a sentence where node, npm or Chromium are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
skip() { echo "skipped: $1"; exit 77; }

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"

# Installs what package-lock.json of a folder names, once per lock file.
install() {
  stamp=$1/node_modules/.dnstorm-lock
  wanted=$(sha256sum <"$1/package-lock.json" | cut -d' ' -f1)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || skip "npm ci failed in $1"
  printf %s "$wanted" >"$stamp"
}

case $1 in
  vitest)
    web=$here/../../board/web
    install "$web"
    cd "$web"
    ./node_modules/.bin/tsc --noEmit
    exec ./node_modules/.bin/vitest run --reporter=dot
    ;;
  *.test.mjs)
    [ -x "${DNSTORM_CHROMIUM:-/usr/bin/chromium}" ] || skip "Chromium is not installed (or set DNSTORM_CHROMIUM)"
    install "$here"
    cd "$here"
    DNSTORM_BOARD_DEMO=$2 DNSTORM=$3 exec node --test --test-reporter=spec --test-concurrency=1 "$1"
    ;;
esac
