#!/usr/bin/env bash
# A throw-away PostgreSQL server: it listens on a socket in its folder and asks its superuser `postgres` for a password.
#
#   postgres.sh available                  whether its binaries are installed
#   postgres.sh start FOLDER               FOLDER is empty and ours; returns when connections are accepted and leaves
#                                          the password in FOLDER/password
#   postgres.sh stop FOLDER                and deletes it; no failure where nothing runs
set -euo pipefail

binaries() {
    local folder
    while read -r folder; do
        if [[ -x $folder/initdb && -x $folder/postgres && -x $folder/pg_ctl ]]; then
            echo "$folder"
            return
        fi
    done < <(
        dirname "$(command -v postgres || echo /nowhere/postgres)"
        pg_config --bindir 2>/dev/null || true
        printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin \
            | sort --version-sort --reverse
    )
    return 1
}

# PostgreSQL refuses to run as root.
owner() {
    id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody
}

unprivileged() {
    if [[ $(id -u) -ne 0 ]]; then
        (cd / && "$@")
    else
        (cd / && setpriv --reuid "$(owner)" --regid "$(id -g "$(owner)")" --clear-groups "$@")
    fi
}

command=${1:?available, start or stop}
if ! bin=$(binaries); then
    [[ $command == stop ]] || exit 1
fi
folder=${2:-}

case $command in
available) ;;
start)
    (umask 077 && head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$folder/password")
    [[ $(id -u) -ne 0 ]] || chown -R "$(owner)" "$folder"
    # Without durability, for speed: nothing here has to survive a crash.
    if ! said=$(
        {
            unprivileged "$bin/initdb" -D "$folder/data" -U postgres -A scram-sha-256 --pwfile="$folder/password" \
                -E UTF8 --locale=C --no-sync &&
                unprivileged "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start \
                    -o "-k $folder -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        } 2>&1
    ); then
        printf 'postgres.sh: the server did not start\n%s\n' "$said" >&2
        [[ ! -e $folder/log ]] || tail -n 40 "$folder/log" >&2
        exit 1
    fi
    ;;
stop)
    if [[ -e $folder/data/postmaster.pid ]]; then
        unprivileged "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null || true
    fi
    rm -rf "$folder"
    ;;
*)
    echo "postgres.sh: available, start or stop" >&2
    exit 2
    ;;
esac
