#!/usr/bin/env bash
# A FHIR server that is not ours, for tests: `sekmet.sh start|stop DIR`. It is sekmet-fhir of PyPI, in a venv in DIR.
# `start` prints its base URL, to hand to the tests as LARIAT_TEST_FHIR_SERVER; `stop` ends that server only and keeps
# DIR. Listens on loopback; it answers nothing by itself (its simulator is off). Status 69: it cannot be had here.
set -euo pipefail

VERSION=0.1.1

. "$(dirname "$0")/../outside.sh"

answers() {
    "$directory/venv/bin/python" - "$1/metadata" <<'PYTHON' 2>/dev/null
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2).read()
PYTHON
}

case $command in
start)
    if [ ! -x "$directory/venv/bin/sekmet" ]; then
        command -v python3 >/dev/null || cannot "no python3 (Debian: apt-get install python3-venv)"
        python3 -m venv "$directory/venv" >"$directory/install.log" 2>&1 \
            || cannot "no venv can be made (Debian: apt-get install python3-venv)"
        "$directory/venv/bin/pip" install --quiet --disable-pip-version-check "sekmet-fhir==$VERSION" \
            >>"$directory/install.log" 2>&1 || cannot "pip cannot install sekmet-fhir $VERSION"
    fi
    if ! is_up; then
        port=$(free_port)
        echo "$port" >"$directory/port"
        cat >"$directory/settings.yaml" <<YAML
base_url: http://127.0.0.1:$port/fhir
data_dir: $directory/data
own_private_key_path: $directory/key.pem
simulator: {enabled: false}
YAML
        cd "$directory"
        "$directory/venv/bin/sekmet" serve --config "$directory/settings.yaml" --host 127.0.0.1 --port "$port" \
            >"$directory/log" 2>&1 </dev/null &
        echo $! >"$directory/pid"
        for _ in $(seq 60); do
            answers "http://127.0.0.1:$port/fhir" && break
            is_up || { tail -n 20 "$directory/log" >&2; exit 1; }
            sleep 0.5
        done
    fi
    url="http://127.0.0.1:$(cat "$directory/port")/fhir"
    answers "$url" || { tail -n 20 "$directory/log" >&2; exit 1; }
    echo "$url"
    ;;
stop)
    if is_up; then
        kill "$(cat "$directory/pid")"
        for _ in $(seq 40); do
            is_up || break
            sleep 0.25
        done
    fi
    rm -f "$directory/pid"
    ;;
*) usage ;;
esac
