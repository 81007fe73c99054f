/**
 * Needs STAT_OF and NAME_OF. `look PORT`: who uses a port there, in any state, and who we are.
 *
 *     uid 1001
 *     table tcp                             the tables can be read
 *     row 0: 0100007F:1538 ...              their lines with that local port; listening ones come first
 *     ss LISTEN ... users:(("node",pid=1,fd=2)) ... cgroup:/...    ss(8) names only processes of our own
 *     scope session-787.scope 4710 88001    the sshd of that login session (systemd), if the listener is in one
 *     name 1002 bob                         of each uid that listens and is not ours
 *     range 32768 60999                     ip_local_port_range (ip(7))
 *
 * At most 100 rows of each table: a busy port has thousands. The name comes last and has a deadline, as it may be asked of
 * a directory service.
 */
export const LOOK = `
look() {
  me=$(id -u)
  echo "uid $me"
  port=$(printf '%04X' "$1") others=
  [ -r /proc/net/tcp ] && echo "table tcp"
  # One process for both tables: reading them is what costs.
  rows=$(grep -hm 100 "^ *[0-9]*: [0-9A-F]*:$port " /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  while read -r slot local remote state queues timer again uid rest; do
    [ -n "$uid" ] || continue
    echo "row $slot $local $remote $state $queues $timer $again $uid $rest"
    [ "$state" = 0A ] && [ "$uid" != "$me" ] && others="$others $uid"
  done <<ROWS
$rows
ROWS
  ss -ltnpeH "sport = :$1" 2>/dev/null | head -n 20 | while read -r line; do
    echo "ss $line"
    case $line in *cgroup:*) group=\${line##*cgroup:} && scope_of "\${group%% *}" ;; esac
  done
  { read -r low high </proc/sys/net/ipv4/ip_local_port_range; } 2>/dev/null && echo "range $low $high"
  for uid in $others; do name_of "$uid"; done
}

scope_of() {
  case $1 in *[!A-Za-z0-9/_.@:-]* | *..*) return ;; */session-*.scope) ;; *) return ;; esac
  for base in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ -r "$base$1/cgroup.procs" ] || continue
    while read -r pid; do
      stat_of "$pid" && is_server "$comm" && kill -0 "$pid" 2>/dev/null && echo "scope \${1##*/} $pid $start"
    done <"$base$1/cgroup.procs"
    return
  done
}
`;
