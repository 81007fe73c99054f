/**
 * `stat_of PID` sets comm, state, parent and start from /proc/PID/stat (proc_pid_stat(5)); fails where it may not be read.
 * The name stands in parentheses and may hold blanks and parentheses itself. `can_signal PID` prints yes or no.
 */
export const STAT_OF = `
stat_of() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  comm=\${line#*\\(} comm=\${comm%\\)*}
  set -- \${line##*\\) }
  state=$1 parent=$2 start=\${20}
}
can_signal() {
  kill -0 "$1" 2>/dev/null && echo yes || echo no
}
is_server() {
  case $1 in sshd | sshd-session | dropbear) return 0 ;; esac
  return 1
}
`;
