#!/usr/bin/env bash
# Sends the server what its own OpenAPI document allows, and what it forbids, and holds every answer against that document:
# no 5xx, no status, type of content or body that is not in it, and nothing behind a credential without one.
#
#   run.sh [AUTH-SERVER] [CASES-FOR-EACH-OPERATION]
#
# Two servers, each on a database and a free port of its own: one without limits on guessing, where everything is reached,
# and one as it comes. The seed is fixed. It needs python3 with venv; only .venv stays.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)

if [[ $# -gt 0 ]]; then
    server=$(realpath "$1")
else
    cargo build --manifest-path "$root/Cargo.toml" -p auth-server --locked
    server=${CARGO_TARGET_DIR:-$root/target}/debug/auth-server
fi
[[ -x $server ]] || { echo "run.sh: no program at $server" >&2; exit 2; }
cases=${2:-80}

cd "$here"
pid=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/auth-fuzz.XXXXXX")

stop() {
    [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || true
    [[ -z $pid ]] || wait "$pid" 2>/dev/null || true
    pid=
}
finish() {
    stop
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The list of what was installed, copied last, is the mark of a finished installation.
if ! cmp -s requirements.txt .venv/installed.txt; then
    rm -rf .venv
    timeout 120 python3 -m venv .venv
    timeout 300 .venv/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements.txt
    cp requirements.txt .venv/installed.txt
fi

# The 503 of the document is for a database that is gone and a full queue. Here is neither, so it counts as the failure it is.
# Left out: that whatever the schemas allow is accepted. What a name or a password may be, they cannot say.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
checks=$checks,response_headers_conformance,negative_data_rejection,unsupported_method,allow_header_conformance
checks=$checks,ignored_auth,use_after_free

# fuzz LIMITS SEED: one server, one run.
fuzz() {
    local folder=$scratch/$1 address=
    mkdir "$folder"
    mkfifo "$folder/out"
    (cd "$folder" && exec env AUTH_LIMITS_ENABLED="$1" AUTH_SERVER_PORT=0 AUTH_OPS_BIND= "$server" >out 2>err) &
    pid=$!
    # The server prints its banner once it listens; the pipe's end says that it is gone.
    exec 3<"$folder/out"
    while IFS= read -r line <&3; do
        case "$line" in
        *address*http://*) address=${line##* } ;;
        *'-d '*) break ;;
        esac
    done
    [[ -n $address ]] || { echo "run.sh: the server did not start:" >&2; cat "$folder/err" >&2; exit 1; }

    echo "== limits.enabled=$1"
    # In the folder of this run: what the fuzzer remembers of an earlier one, it would try first.
    (cd "$folder" && FUZZ_URL=$address FUZZ_LIMITS=$1 SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 \
        timeout --kill-after=5 300 "$here/.venv/bin/schemathesis" run "$address/openapi.json" --checks "$checks" \
        --max-examples "$cases" --seed "$2" --phases examples,coverage,fuzzing,stateful --continue-on-failure \
        --request-timeout 30 --warnings off --no-color)
    kill -0 "$pid" || { echo "run.sh: the server has ended:" >&2; tail "$folder/err" >&2; exit 1; }
    stop
    exec 3<&-
}

fuzz false 20261123
fuzz true 20261124
