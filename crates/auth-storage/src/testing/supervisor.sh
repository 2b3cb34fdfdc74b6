# Makes a PostgreSQL cluster and serves it until the test process is gone, in whatever way it went.
#
#   sh -c "$(cat supervisor.sh)" supervisor BIN HOME
#
# BIN   folder of initdb and postgres
# HOME  empty folder, ours to delete; becomes the socket's folder
# stdin a pipe that the test process holds open and never writes to: end of file is its death

bin=$1
home=$2

finish() {
    # Why the server stopped. Nobody reads it when all went well.
    tail -n 40 "$home/log" >&2
    rm -rf "$home"
}

exec 3<&0 </dev/null
if "$bin/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$home/log" 2>&1; then
    # Without durability, for speed: nothing here has to survive a crash.
    "$bin/postgres" -D "$home/data" -k "$home" -p 5432 \
        -c listen_addresses= -c max_connections=300 -c max_wal_size=256MB \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        >>"$home/log" 2>&1 3<&- &
    server=$!
    # QUIT is PostgreSQL's immediate shutdown: no checkpoint, all its processes end.
    trap 'kill -QUIT "$server"' HUP INT TERM
    (
        trap - HUP INT TERM
        read -r _ <&3
        # Again and again: a server that has only just begun does not hear it yet.
        while kill -QUIT "$server"; do sleep 0.2; done
    ) 2>/dev/null &
    watcher=$!
    wait "$server"
    # A second time: the first `wait` also ends when one of the signals above arrives.
    wait "$server"
    kill "$watcher" 2>/dev/null
fi
finish
