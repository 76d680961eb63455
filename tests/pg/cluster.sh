#!/usr/bin/env bash
# A private PostgreSQL cluster for tests: `cluster.sh start|stop DIR`.
# `start` prints the URL to hand to the tests as LARIAT_TEST_POSTGRES; `stop` ends that cluster only and keeps DIR.
# Listens on loopback and on a socket in DIR, trusts whoever reaches it, and does sync: commits are measured here.
set -euo pipefail

. "$(dirname "$0")/../outside.sh"

# Debian keeps the server's programs out of PATH, one folder per major version: take the newest.
bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 -type d 2>/dev/null | sort -V | tail -n 1 || true)
if [ -z "$bin" ]; then
    found=$(command -v pg_ctl || true)
    [ -n "$found" ] || cannot "no PostgreSQL server found (Debian: apt-get install postgresql)"
    bin=$(dirname "$(readlink -f "$found")")
fi

# PostgreSQL refuses to run as root.
as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        local user=postgres
        id -u postgres >/dev/null 2>&1 || user=nobody
        runuser -u "$user" -- "$@"
    else
        "$@"
    fi
}
if [ "$(id -u)" -eq 0 ]; then
    if id -u postgres >/dev/null 2>&1; then chown postgres "$directory"; else chown nobody "$directory"; fi
fi

case $command in
start)
    if [ ! -f "$directory/cluster/PG_VERSION" ]; then
        as_server "$bin/initdb" -D "$directory/cluster" -U lariat -A trust -E UTF8 --locale=C >"$directory/initdb.log" 2>&1 \
            || { cat "$directory/initdb.log" >&2; exit 1; }
    fi
    if ! as_server "$bin/pg_ctl" -D "$directory/cluster" status >/dev/null 2>&1; then
        port=$(free_port)
        echo "$port" >"$directory/port"
        as_server "$bin/pg_ctl" -D "$directory/cluster" -w -t 60 -l "$directory/cluster/log" \
            -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$directory' -c max_connections=200" \
            start >/dev/null || { tail -n 20 "$directory/cluster/log" >&2; exit 1; }
    fi
    echo "postgres://lariat@127.0.0.1:$(cat "$directory/port")/postgres"
    ;;
stop)
    if [ -f "$directory/cluster/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" -D "$directory/cluster" -w -m fast stop >/dev/null
    fi
    ;;
*) usage ;;
esac
