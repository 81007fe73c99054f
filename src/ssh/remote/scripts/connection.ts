/**
 * `connection PORT`: what the kernel knows of TCP connections to a client's port.
 *
 *     here 10.0.0.2 53050 10.0.0.1 22       SSH_CONNECTION of this very session
 *     connection tcp 4: 0202630A:0016 ...   lines whose remote port is that one, or that of this session
 *
 * This session's own line is the control: where it is missing, the table does not show SSH connections (another network
 * namespace, a proxy in between), and the absence of the other line would say nothing.
 */
export const CONNECTION = `
connection() {
  set -- "$1" $SSH_CONNECTION
  echo "here $2 $3 $4 $5"
  for port in "$1" "$3"; do
    [ -n "$port" ] || continue
    port=$(printf '%04X' "$port" 2>/dev/null)
    for table in tcp tcp6; do
      sed -n "s/^ *\\([0-9]*: [0-9A-F:]* [0-9A-F]*:$port .*\\)/connection $table \\1/p" "/proc/net/$table" 2>/dev/null | head -n 50
    done
  done
}
`;
