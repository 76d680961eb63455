#!/usr/bin/env bash
# HL7's Java validator, kept warm on loopback: `judge.sh start|stop DIR`. What it needs is put into DIR once.
# `start` prints its base URL, to hand to the tests as LARIAT_TEST_ORACLE; `stop` ends that process only and keeps DIR.
# It knows R4, SDOH Clinical Care, US Core, and what this repository ships in `profiles/` and `tests/oracle/questionnaires/`.
# Status 69: it cannot be had here.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
shared=$root/../shared
. "$root/tests/outside.sh"

# One folder of all that is ours: files of two folders have the same name.
gather() {
    local file
    rm -rf "$directory/own"
    mkdir -p "$directory/own"
    for file in "$root"/profiles/{structure-definitions,questionnaires,code-systems,value-sets,concept-maps}/*.json \
        "$here"/questionnaires/*.json; do
        [ "$(basename "$file")" = r4-core.json ] && continue
        cp "$file" "$directory/own/$(basename "$(dirname "$file")")-$(basename "$file")"
    done
}

case $command in
start)
    command -v java >/dev/null || cannot "no java (Debian: apt-get install openjdk-17-jdk-headless)"
    [ -d "$shared/oracle" ] || cannot "its set-up (../shared/oracle) is not beside this checkout"
    if [ ! -d "$directory/home" ]; then
        "$shared/oracle/setup.sh" "$directory" >"$directory/setup.log" 2>&1 || cannot "it cannot be installed; see $directory/setup.log"
    fi
    if [ ! -d "$directory/us-core" ]; then
        mkdir "$directory/us-core"
        tar xzf "$shared"/reference/packages/hl7.fhir.us.core-7.0.0.tgz -C "$directory/us-core"
    fi
    if ! is_up; then
        gather
        port=$(free_port)
        # The compiler inside java keeps no file: the server is one source file.
        java -Duser.home="$directory/home" -Dsun.net.httpserver.nodelay=true -Xmx2g -cp "$directory/jars/*" "$shared/oracle/ValidatorServer.java" "$port" \
            "$shared/reference/sdoh-clinical-care-3.0.0/conformance" "$directory/us-core/package" "$directory/own" \
            >"$directory/server.log" 2>&1 </dev/null &
        echo $! >"$directory/pid"
        echo "$port" >"$directory/port"
        until grep -q '^ready after' "$directory/server.log"; do
            is_up || cannot "it does not start; see $directory/server.log"
            sleep 0.5
        done
    fi
    echo "http://127.0.0.1:$(cat "$directory/port")"
    ;;
stop)
    if is_up; then
        kill "$(cat "$directory/pid")"
    fi
    rm -f "$directory/pid"
    ;;
*) usage ;;
esac
