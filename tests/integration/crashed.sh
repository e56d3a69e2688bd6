# A district whose programs are killed, or whose computers lose their power, round by round. To be read with `.` behind
# lib.sh by a script that has set -eu. Needs $build.
#
#   new_rounds [FOLDER]      makes $base (FOLDER: that one, which stays); $work, where a round's nodes live, is $base/live;
#                            rows to import: $base/rows.csv
#                            and files are born nowhere: what starts on a copy of a disk takes it for the disk (birthless.c)
#   make_district FOLDER     a hub, its office and the office's device below FOLDER, at their beginning
#   new_round                $work anew, a copy of $base/seed
#   random WORD MOST         a number below MOST that follows from $seed, $point and WORD
#   stop_all                 ends what was started
#   give_service             starts hub and office
#   keeps_promises           with nothing running: what any node holds a receipt for is at the node that gave it
#   settle                   brings everything together; all rows are there, stores verify, vectors and views are equal
#   progress DONE ALL        for a terminal
# A script defines again what `fail` adds to its words: replay_words.

rows=60

new_rounds() {
    base=${1:-$(mktemp -d)}
    mkdir -p "$base"
    work=$base/live
    leave=$base
    [ -z "${1:-}" ] || leave=""
    quiet=$build/tests/shim/libbirthless.so
    [ -f "$quiet" ] || { echo "$quiet is not built" >&2; exit 1; }
    LD_PRELOAD=$quiet
    export LD_PRELOAD
    trap 'end_all; rm -rf ${leave:+"$leave"}' EXIT
    trap 'exit 130' INT TERM
    head -n $((rows + 1)) client/example/register.csv >"$base/rows.csv"
}

random() {
    printf '%s/%s/%s' "$seed" "$point" "$1" | cksum | awk -v most="$2" '{ print $1 % most }'
}

make_district() {
    work=$1
    mkdir -p "$work"
    make_hub hub
    make_office office hub $unit ws://127.0.0.1:1
    make_device device office ws://127.0.0.1:1 tn01
    work=$base/live
}

new_round() {
    rm -rf "$work"
    cp -r "$base/seed" "$work"
}

stop_all() {
    for file in "$work"/*.pid; do
        [ -e "$file" ] || continue
        stop "$(basename "$file" .pid)" 2>/dev/null || true
    done
}

give_service() {
    start hub
    hub_ws=$ws
    start office --upstream "$hub_ws"
    office_ws=$ws
}

fail() {
    echo "$(basename "$0"): seed $seed point $point ($(replay_words)): $*" >&2
    echo "replay: tests/integration/$(basename "$0") $build --seed $seed --only $point" >&2
    for log in "$work"/*.log; do
        [ ! -s "$log" ] || { echo "--- $(basename "$log")" >&2; tail -n 8 "$log" >&2; }
    done
    exit 1
}

# The records a node knows to be at LEVEL: those of the cases whose every record reached it.
receipted() { # NODE LEVEL
    "$hoso" export dossiers --home "$work/$1" | jq -r --arg level "$2" 'select(.reached | index($level)) | .case' |
        sort >"$work/cases"
    "$hoso" export records --home "$work/$1" |
        jq -r --rawfile cases "$work/cases" '($cases | split("\n")) as $known | .decoded.case as $case | select($known | index($case)) | .id' |
        sort
}

ids_of() { # NODE
    "$hoso" export records --home "$work/$1" | jq -r .id | sort
}

keeps_promises() {
    for node in hub office device; do
        [ ! -d "$work/$node/store" ] || ids_of $node >"$work/$node.ids" || fail "$node cannot be read after it"
    done
    for promise in "office hub" "device hub" "device office"; do
        set -- $promise
        [ -d "$work/$1/store" ] || continue
        receipted "$1" "$2" >"$work/promised"
        [ ! -s "$work/promised" ] || touch "$work/$2.ids"
        lost=$(comm -23 "$work/promised" "$work/$2.ids" | wc -l)
        [ "$lost" = 0 ] || fail "$lost records the $1 holds receipts for are not at the $2"
        promised=$((${promised:-0} + $(wc -l <"$work/promised")))
    done
}

# Digests of the scopes the office has: a hub has more.
scopes_of() {
    "$hoso" status --home "$work/$1" --json 2>/dev/null |
        jq -c --slurpfile wanted "$work/scopes" '.scopes | map({scope, vector, views} | select(.scope as $s | $wanted[0] | index($s))) | sort_by(.scope)'
}
are_equal() {
    "$hoso" status --home "$work/office" --json 2>/dev/null | jq -c '[.scopes[].scope]' >"$work/scopes"
    scopes_of office >"$work/office.scopes"
    scopes_of hub | cmp -s - "$work/office.scopes" || return 1
    scopes_of device | cmp -s - "$work/office.scopes"
}
device_syncs() {
    "$hoso" sync --home "$work/device" --upstream "$office_ws" --json >/dev/null
}

progress() { # DONE ALL, on a terminal
    [ ! -t 2 ] || printf '\r%d / %d ' "$1" "$2" >&2
}

settle() {
    give_service
    "$hoso" import "$base/rows.csv" --home "$work/office" --as tn01 --json >"$work/again.json" || fail "import again: $(cat "$work/again.json")"
    [ "$(jq '.new + .present' "$work/again.json")" = $rows ] || fail "rows after the second import: $(cat "$work/again.json")"
    # An office that was not at the hub yet cannot vouch for a device.
    until_true 20 device_syncs || fail "the device cannot sync"
    "$hoso" status --home "$work/office" --wait hub --timeout 60 --json >"$work/status.json" || fail "the office waits for ever: $(cat "$work/status.json")"
    device_syncs || fail "the device cannot sync again"
    until_true 20 are_equal || until_true 5 device_syncs && until_true 20 are_equal || fail "vectors or views differ"
    for node in hub office device; do
        "$hoso" verify --home "$work/$node" --json >"$work/verify.json" || fail "verify at $node: $(cat "$work/verify.json")"
        [ "$("$hoso" status --home "$work/$node" --json 2>/dev/null | jq .restored)" = null ] || fail "$node believes it was put back"
        dossiers=$("$hoso" stats --home "$work/$node" --json | jq .dossiers)
        [ "$dossiers" -ge $rows ] || fail "$node holds $dossiers dossiers"
        [ ! -s "$work/$node.ids" ] || {
            ids_of $node >"$work/now.ids"
            [ -z "$(comm -23 "$work/$node.ids" "$work/now.ids")" ] || fail "$node lost records while it went on"
        }
    done
}
