# What the integration tests share; to be read with `.` by a script that has set -eu. Needs $build (a build tree).
#
#   new_home_folder          makes $work, removed at the end with every daemon that was started
#   start NAME [OPTION …]    runs hosod on $work/NAME at a free port and waits until it is ready;
#                            sets $pid, $url (http[s]://…/) and $ws (ws[s]://HOST:PORT); its log is $work/NAME.log
#   stop NAME                SIGTERM, waits; sets $code to its exit code
#   kill_hard NAME           SIGKILL, waits
#   until_true SECONDS COMMAND …   tries it every 0.1 s; fails when the time is over
#   expect_code CODE COMMAND …     fails unless it exits so
#   fail TEXT                ends the test
# Nothing is ended by name: only by the ids of what was started here.

hosod=$build/bin/hosod
hoso=$build/bin/hoso
unit=000.15.30.H57
hub_unit=000.00.30.H57
other_unit=000.11.30.H57

fail() {
    echo "$(basename "$0"): $*" >&2
    for log in "$work"/*.log; do
        [ ! -s "$log" ] || { echo "--- $(basename "$log")" >&2; tail -n 15 "$log" >&2; }
    done
    exit 1
}

end_all() {
    for file in "$work"/*.pid; do
        [ -e "$file" ] || continue
        kill -9 "$(cat "$file")" 2>/dev/null || true
    done
    rm -rf "$work"
}

new_home_folder() {
    work=$(mktemp -d)
    trap end_all EXIT
    trap 'exit 130' INT TERM
}

start() {
    name=$1
    shift
    : >"$work/$name.ready"
    case " $* " in
    *" --listen "*) ;;
    *) set -- --listen 127.0.0.1:0 "$@" ;;
    esac
    "$hosod" run --home "$work/$name" --retry-max 1 "$@" >"$work/$name.ready" 2>>"$work/$name.log" &
    pid=$!
    echo "$pid" >"$work/$name.pid"
    until_true 20 grep -q '^ready ' "$work/$name.ready" || fail "$name is not ready"
    url=$(sed -n 's/^ready //p' "$work/$name.ready")
    ws=$(printf '%s' "$url" | sed 's,^http,ws,; s,/*$,,')
}

stop() {
    kill -TERM "$(cat "$work/$1.pid")"
    code=0
    wait "$(cat "$work/$1.pid")" || code=$?
    rm -f "$work/$1.pid"
}

kill_hard() {
    kill -KILL "$(cat "$work/$1.pid")"
    wait "$(cat "$work/$1.pid")" 2>/dev/null || true
    rm -f "$work/$1.pid"
}

until_true() {
    tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $tries -gt 0 ] || return 1
        tries=$((tries - 1))
        sleep 0.1
    done
}

expect_code() {
    expected=$1
    shift
    got=0
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$expected" ] || fail "exit $got instead of $expected: $*: $(cat "$work/out" "$work/err")"
}

make_hub() { # NAME
    "$hosod" init --home "$work/$1" --role hub --unit $hub_unit --name "UBND huyện A Lưới" >/dev/null
}

make_office() { # NAME HUB UNIT URL
    invite=$("$hosod" invite --home "$work/$2" --unit "$3" --url "$4" --json | jq -r .invite)
    "$hosod" init --home "$work/$1" --role office --unit "$3" --name "UBND xã $1" --join "$invite" >/dev/null
}

make_device() { # NAME OFFICE URL OFFICER
    invite=$("$hosod" invite --home "$work/$2" --device "máy $1" --url "$3" --json | jq -r .invite)
    "$hoso" init --home "$work/$1" --join "$invite" --as "$4" >/dev/null
}
