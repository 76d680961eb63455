# A server of one's own, for the scripts beside this one: they source it. Leaves $work, $port, $config, $lariat, $load.
target=${CARGO_TARGET_DIR:-target}
lariat=$target/release/lariat
load=$target/release/examples/load
work=$(mktemp -d)
server=
finish() {
    trap - EXIT INT TERM
    stop
    rm -rf "$work"
}
stop() {
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
    server=
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() {
    port=
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
}
free_port

key=load-$RANDOM$RANDOM$RANDOM
printf '%s\n' "$key" >"$work/key"
sha256() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }
mkdir "$work/partners"
config=$work/lariat.toml
cat >"$config" <<TOML
[server]
listen = "127.0.0.1:$port"
base_url = "http://127.0.0.1:$port"
[store]
location = "${LARIAT_LOAD_STORE:-sqlite:$work/record.db}"
[log]
filter = "error"
[files]
partners = "partners"
[[custodian]]
name = "riverbend"
title = "Riverbend CHC (made up)"
[[client]]
name = "emr-riverbend"
custodian = "riverbend"
scopes = ["system/*.cruds"]
key_sha256 = ["$(sha256 "$key")"]
TOML

# A partner that polls, by its slug: nothing is delivered, so that the doors are measured and not the receiver.
partner() {
    cat >"$work/partners/$1.toml" <<TOML
name = "$1"
title = "${2:-Oak Street Food Bank} (made up)"
class = "non-custodian"
identifier = { system = "https://lariat.example/fhir/NamingSystem/partner", value = "$1" }
scopes = ["system/Task.rus"]
key_sha256 = ["$(sha256 "$1-$key")"]
TOML
}

millis() { date +%s%3N; }
rss() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$server/status"; }
# Whether `$1` is answered with 200 on the server's port.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3 && grep -q 200 <&3) 2>/dev/null; }
pause() { read -r -t "$1" <> <(:) || true; }

# Starts `lariat "$@"`; leaves the milliseconds to its first answer at `path` in $start, and in $idle what memory it has
# two seconds later: long enough for what starts behind the first answer.
start_server() {
    local path=$1 begun
    shift
    begun=$(millis)
    "$lariat" "$@" >"$work/log" 2>&1 &
    server=$!
    until answers "$path"; do
        kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
        [ $(($(millis) - begun)) -lt 60000 ] || { echo "the server does not answer" >&2; exit 1; }
    done
    start=$(($(millis) - begun))
    pause 2
    idle=$(rss)
}
