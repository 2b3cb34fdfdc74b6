#!/usr/bin/env bash
# Each build that is broken on purpose has to fail the measurement of times, by a difference and not by an error.
set -euo pipefail
cd "$(dirname "$0")/../../.."

cargo build --locked -p auth-bench --features broken
bench=target/debug/auth-bench

# A restless machine widens the interval, so the least difference gets more pairs, and a second try.
finds() {
    local way=$1 state=$2 pairs=$3 found
    for _ in 1 2; do
        if found=$("$bench" timing --break "$way" --state "$state" --pairs "$pairs" 2>&1); then
            echo "$way passed: it has to fail"
            echo "$found"
            exit 1
        fi
        if grep -qF '**differs**' <<<"$found"; then
            grep -F '**differs**' <<<"$found"
            return
        fi
    done
    echo "$way failed, and not by a difference:"
    echo "$found"
    exit 1
}

finds skip-decoy active 50
finds early-return too-long 50
finds one-class imported 50
finds other-parameters active 400

# The control, by a bound that no restless machine comes near, and that the breaks above, but for the last, are far beyond.
"$bench" timing --state active --pairs 50 --bound 5000
"$bench" timing --state too-long --pairs 50 --bound 5000
