#!/usr/bin/env bash
# Runs the tests of this folder against a server binary; builds one where none is named.
#
#   run.sh [AUTH-SERVER] [FILE.test.js…]
#
# It needs Node 20 with npm, python3, and for half of the tests PostgreSQL's server binaries: where those are missing,
# the half is skipped, and with CI set it is a failure. Whatever it starts and makes, it ends and deletes, also when it
# is interrupted; only node_modules stays.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ $# -gt 0 ]]; then
    AUTH_SERVER=$(realpath "$1")
    shift
else
    root=$(cd "$here/../../../.." && pwd)
    cargo build --manifest-path "$root/Cargo.toml" -p auth-server --locked
    AUTH_SERVER=${CARGO_TARGET_DIR:-$root/target}/debug/auth-server
fi
[[ -x $AUTH_SERVER ]] || { echo "run.sh: no program at $AUTH_SERVER" >&2; exit 2; }
export AUTH_SERVER

cd "$here"
tests=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/auth-interop.XXXXXX")
# Not in the folder above: the server may run as another user, and the path of its socket has to be short.
postgres=$(mktemp -d /tmp/auth-interop-pg.XXXXXX)

finish() {
    trap '' INT TERM
    # Only what is left when something went wrong: the tests await all that they start.
    [[ -z $tests ]] || kill -KILL -- "-$tests" 2>/dev/null || true
    ./postgres.sh stop "$postgres"
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The mark of a finished installation, which npm writes last; an older one is of other versions perhaps.
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund

if ./postgres.sh available; then
    ./postgres.sh start "$postgres"
    export INTEROP_POSTGRES=$postgres
elif [[ -n ${CI:-} ]]; then
    echo "run.sh: PostgreSQL's server binaries (initdb, postgres, pg_ctl) are not installed, and CI is set" >&2
    exit 1
fi

[[ $# -gt 0 ]] || set -- *.test.js
# A process group of its own, so that nothing of it can outlive this script.
set -m
TMPDIR=$scratch node --test --test-reporter=spec --test-timeout=120000 "$@" </dev/null &
tests=$!
set +m
wait "$tests"
