#!/usr/bin/env bash
# Does what the README's first minute says, with the README's own lines: builds and serves by its first command, in a
# folder of its own, then runs its curl lines.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT

grep -qx 'cargo run --release' "$root/README.md"
cd "$root"
cargo build --release --locked
cd "$folder"
mkfifo out
"$root/target/release/auth-server" >out 2>err &
server=$!
# The server prints its banner once it listens; the pipe's end says that it is gone.
address=
while IFS= read -r line; do
    case "$line" in
        *address*http://*) address=${line##* } ;;
        *'-d '*) break ;;
    esac
done <out
[ -n "$address" ] || { echo "the server did not start:"; cat err; exit 1; }

# The README's curl lines, from its first sh block that has any, joined where a backslash ends a line.
commands=$(awk '/^```sh$/ { block = ""; in_block = 1; next } /^```$/ && in_block { if (block ~ /curl/) { printf "%s", block; exit } in_block = 0 } in_block { block = block $0 "\n" }' "$root/README.md")
[ "$(grep -c curl <<<"$commands")" -ge 2 ] || { echo "the README has no curl lines"; exit 1; }
answers=$(bash -euo pipefail <<<"$commands")
echo "$answers"
grep -q '"username":"alice"' <<<"$answers"
grep -q '"access_token":"ey' <<<"$answers"
[ "$(stat -c %a auth.db.keys)" = 600 ]
kill -TERM "$server"
wait "$server"
server=
echo "the README's first minute works"
