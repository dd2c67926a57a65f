#!/bin/sh
# A throw-away PostgreSQL cluster for tests: unix socket only, its own folder, fsync on, small buffers.
#   pg_cluster.sh start DIR   makes and starts it, prints the connection string
#   pg_cluster.sh stop DIR    stops it and removes DIR
#   pg_cluster.sh run DIR     makes it and becomes the server (which ends when the calling process dies)
set -eu
[ $# -eq 2 ] || { echo "usage: $0 start|stop|run DIR" >&2; exit 2; }
dir=$2
bin=$(pg_config --bindir 2>/dev/null || true)
[ -x "$bin/initdb" ] || bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }

make() {
    mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    chmod 700 "$dir"
    [ -f "$dir/data/PG_VERSION" ] && return
    as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; exit 1; }
    port=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
    port=$((20000 + port % 20000))
    as sh -c 'cat >>"$1"' sh "$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0777
port = $port
shared_buffers = 32MB
max_connections = 60
fsync = on
max_wal_size = 256MB
log_min_messages = fatal
CONF
}
port_of() { sed -n 's/^port = //p' "$dir/data/postgresql.conf"; }

case $1 in
start)
    make
    chmod 711 "$dir"
    as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/data/log" start >/dev/null
    echo "host=$dir port=$(port_of) user=postgres dbname=postgres"
    ;;
stop)
    as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
    ;;
run)
    make
    chmod 711 "$dir"
    if [ "$(id -u)" = 0 ]; then set -- --reuid=postgres --regid=postgres --clear-groups; else set --; fi
    cd "$dir"
    exec setpriv "$@" --pdeathsig QUIT "$bin/postgres" -D "$dir/data" 2>"$dir/log"
    ;;
*) echo "unknown: $1" >&2; exit 2 ;;
esac
