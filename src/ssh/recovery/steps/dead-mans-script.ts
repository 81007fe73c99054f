import { HIDDEN, SESSION_PROCESS } from './session-process.ts';

/**
 * The far end of a dead-man's switch: `sh -s NONCE SECONDS PID START BOOT`. It reads lines from stdin; when none has come
 * for that many seconds it ends the session that it itself runs in. `quit`, the end of stdin and all that goes wrong end
 * only the script, so that no accident here can cost a living session.
 *
 * The braces make one command of it, so that sh has read it to its end before it runs: what follows on stdin are our lines.
 * sh cannot read with a time-out; bash can since 4.0, and elsewhere timeout(1) does it (124; busybox's of old 143).
 */
export const DEAD_MANS_SCRIPT = `{
PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
nonce=$1 patience=$2 pid=$3 born=$4 booted=$5
${SESSION_PROCESS}
say() { echo; echo "tunnels $nonce $1"; }
still_ours() {
  booted_as "$booted" || return 1
  if look "$pid"; then is_sshd && [ "$start" = "$born" ]; else [ "$born" = ${HIDDEN} ] && kill -0 "$pid" 2>/dev/null; fi
}
if [ "\${BASH_VERSINFO:-0}" -ge 4 ]; then
  next_line() { read -r -t "$1" word || return; [ "$word" != quit ] || return 9; }
elif timeout 5 true 2>/dev/null; then
  next_line() { timeout "$1" sh -c 'read -r word || exit 1; [ "$word" != quit ] || exit 9'; }
else
  say no-timer
  exit
fi
# Behind a full line our lines may be late though others' bytes arrive; ss tells in ms when the last did.
silent_ms() {
  set -- $SSH_CONNECTION
  case $1 in *:*) set -- "[$1]" "$2" "$3" "$4" ;; esac
  info=$(ss -tniH dst "$1:$2" and sport = ":$4" 2>/dev/null)
  case $info in *lastrcv:*) ;; *) return 1 ;; esac
  info=\${info##*lastrcv:}
  info=\${info%%[!0-9]*}
  [ -n "$info" ]
}
still_ours && is_below "$pid" || { say not-ours; exit; }
say armed
left=$patience
while :; do
  next_line "$left"
  case $? in
    0) left=$patience ;;
    124 | 142 | 143)
      if silent_ms && [ "$info" -lt $((patience * 1000)) ]; then
        left=$((patience - info / 1000))
      else
        still_ours && kill -TERM "$pid" 2>/dev/null
        exit
      fi
      ;;
    *) exit ;;
  esac
done
}
`;
