#!/usr/bin/env bash
# Runs the tests of this folder against a server binary; builds one where none is named.
#
#   run.sh [AUTH-SERVER] [FILE.test.js…] [test_FILE.py…]
#
# It needs Node 20 with npm, python3 with venv, and for half of the tests PostgreSQL's server binaries: where those are
# missing, the half is skipped, and with CI set it is a failure. The example of a verifier in Rust is taken from beside the
# server, and built where it is not there. Whatever it starts and makes, it ends and deletes, also when it is interrupted;
# only node_modules and python/.venv stay.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)

if [[ $# -gt 0 ]]; then
    AUTH_SERVER=$(realpath "$1")
    shift
else
    cargo build --manifest-path "$root/Cargo.toml" -p auth-server --locked
    AUTH_SERVER=${CARGO_TARGET_DIR:-$root/target}/debug/auth-server
fi
[[ -x $AUTH_SERVER ]] || { echo "run.sh: no program at $AUTH_SERVER" >&2; exit 2; }
RESOURCE_SERVER=$(dirname "$AUTH_SERVER")/resource-server
if [[ ! -x $RESOURCE_SERVER ]]; then
    cargo build --manifest-path "$root/Cargo.toml" -p resource-server --locked
    RESOURCE_SERVER=${CARGO_TARGET_DIR:-$root/target}/debug/resource-server
fi
export AUTH_SERVER RESOURCE_SERVER

cd "$here"
tests=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/auth-interop.XXXXXX")
# Not in the folder above: the server may run as another user, and the path of its socket has to be short.
postgres=$(mktemp -d /tmp/auth-interop-pg.XXXXXX)

finish() {
    trap '' INT TERM
    # Only what is left when something went wrong: the tests await all that they start.
    [[ -z $tests ]] || kill -KILL -- "-$tests" 2>/dev/null || true
    "$here/postgres.sh" stop "$postgres"
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The mark of a finished installation, which npm writes last; an older one is of other versions perhaps.
[[ node_modules/.package-lock.json -nt package-lock.json ]] || timeout 300 npm ci --no-audit --no-fund
# The same for Python: the list of what was installed, copied last.
if ! cmp -s python/requirements.txt python/.venv/installed.txt; then
    rm -rf python/.venv
    timeout 120 python3 -m venv python/.venv
    timeout 300 python/.venv/bin/pip install --quiet --require-hashes --only-binary :all: -r python/requirements.txt
    cp python/requirements.txt python/.venv/installed.txt
fi

if ./postgres.sh available; then
    ./postgres.sh start "$postgres"
    export INTEROP_POSTGRES=$postgres
elif [[ -n ${CI:-} ]]; then
    echo "run.sh: PostgreSQL's server binaries (initdb, postgres, pg_ctl) are not installed, and CI is set" >&2
    exit 1
fi

[[ $# -gt 0 ]] || set -- *.test.js test_rotation.py test_verifiers.py
javascript=() python=()
for file in "$@"; do
    case $file in
    *.py) python+=("${file%.py}") ;;
    *) javascript+=("$file") ;;
    esac
done

# In a process group of its own, so that nothing of it can outlive this script, and for no longer than it is given.
bounded() {
    set -m
    TMPDIR=$scratch timeout --kill-after=5 "$@" </dev/null &
    tests=$!
    set +m
    wait "$tests"
    tests=
}
[[ ${#javascript[@]} -eq 0 ]] || bounded 900 node --test --test-reporter=spec --test-timeout=300000 "${javascript[@]}"
cd python
[[ ${#python[@]} -eq 0 ]] || bounded 600 .venv/bin/python -B -m unittest -v "${python[@]}"
