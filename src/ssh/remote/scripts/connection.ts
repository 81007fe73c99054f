/**
 * `connection PORT`: what the kernel knows of TCP connections to a client's port.
 *
 *     here 10.0.0.2 53050 10.0.0.1 22       SSH_CONNECTION of this very session
 *     connection 4: 0202630A:0016 ...       lines whose remote port is that one, or that of this session
 *
 * This session's own line is the control: where it is missing, the table does not show SSH connections (another network
 * namespace, a proxy in between), and the absence of the other line would say nothing.
 */
export const CONNECTION = `
connection() {
  set -- "$1" $SSH_CONNECTION
  echo "here $2 $3 $4 $5"
  theirs=$(printf '%04X' "$1" 2>/dev/null) ours=$(printf '%04X' "\${3:-0}" 2>/dev/null)
  grep -hm 50 "^ *[0-9]*: [0-9A-F:]* [0-9A-F]*:\\($theirs\\|$ours\\) " /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed 's/^ */connection /'
}
`;
