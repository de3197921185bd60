# Without arguments, it takes the next steps, whatever was renewed: a timer runs it every hour.
set -eu; umask 077; HOST=
# shellcheck source=/dev/null
[ ! -e /etc/default/tlsagen ] || . /etc/default/tlsagen
case ${HOST:+ $FILES} in '') exit 0 ;; ' '*"${renewed-}"*) ;; *) eval "ls -- $FILES" >/dev/null; exit 0 ;; esac
mkdir -p "${IN_USE%/*}" "${STATE%/*}"; exec 9<"${IN_USE%/*}"
flock -w 600 9 || { echo "tlsagen: another hook is still running" >&2; exit 3; }; trap 'rm -f "$IN_USE.new"' EXIT
# shellcheck disable=SC2086 # TRIPLES and OPTIONS are several words
set -- "$HOST" $TRIPLES ${PORTS:+--port "$PORTS"} ${SERVERS:+--server "$SERVERS"} --format "$FORMAT" $OPTIONS
for file in $NEXT; do set -- "$@" --next "$file"; done
for pause in 0 1 3 10 30; do
    # A run that was killed before the reload leaves the file .reload.
    sleep "$pause"; [ ! -e "$IN_USE.reload" ] || sh -c "$RELOAD" 9<&- || { echo "tlsagen: RELOAD failed" >&2; exit 1; }
    rm -f "$IN_USE.reload" "$IN_USE.new"; eval "cat -- ${FILES:?}" >"$IN_USE.new"
    changes=$(tlsagen rollover "$IN_USE.new" "$@" --in-use "$IN_USE" --state "$STATE" 2>"$STATE.log") &&
        { sed -n '/ warning.\(not-reloaded\|ee-expired\)/p' "$STATE.log" >&2; exit 0; }
    case $? in
    10 | 13) cat "$STATE.log"
        printf '%s\n' "$changes" | sh -c "$UPDATE" 9<&- || { echo "tlsagen: UPDATE failed" >&2; exit 1; } ;;
    11) exit 0 ;;
    12) [ ! -e "$IN_USE" ] || cp --attributes-only --preserve=mode,ownership "$IN_USE" "$IN_USE.new"
        chmod o= "$IN_USE.new"
        cat "$STATE.log"; sync "$IN_USE.new"; : >"$IN_USE.reload"; mv -f "$IN_USE.new" "$IN_USE" ;;
    *) status=$?; cat "$STATE.log" >&2; exit "$status" ;;
    esac
done
echo "tlsagen: $HOST: not finished after 5 steps, the last of them: $(cat "$STATE.log")" >&2; exit 1
