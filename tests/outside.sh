# What the scripts share that start a server which is not ours, each in a folder of its own: `NAME start|stop DIR`.
# Sourced; sets `command` and `directory`. Such a server listens on loopback, and only the process noted in
# DIR/pid is ever ended. Status 69: it cannot be had here.

usage() {
    echo "usage: $0 start|stop DIR" >&2
    exit 64
}
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)

cannot() {
    echo "$0: $*" >&2
    exit 69
}

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    cannot "no free port"
}

is_up() {
    [ -f "$directory/pid" ] && kill -0 "$(cat "$directory/pid")" 2>/dev/null
}
