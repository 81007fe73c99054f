/**
 * Needs STAT_OF. `own`: this run of the machine, this shell, and the server's process that serves this session:
 *
 *     boot 8d5c3c0e-...
 *     shell 4712 88012                      pid and start: nothing that the script sees is younger
 *     server 4710 sshd 88001 yes            pid, name, start, and whether we may signal it
 *
 * `$PPID` is not enough: tcsh and fish do not have it, and `sh -c` in dash is one process further down. Where /proc hides
 * the processes of others (hidepid, proc(5)), the first that cannot be seen is the one: `server 4710 ? 0 yes`.
 */
export const OWN = `
own() {
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && echo "boot $boot"
  stat_of $$ || return
  echo "shell $$ $start"
  pid=$parent
  while [ "$pid" -gt 1 ]; do
    stat_of "$pid" || { echo "server $pid ? 0 $(can_signal "$pid")"; return; }
    is_server "$comm" && { echo "server $pid $comm $start $(can_signal "$pid")"; return; }
    pid=$parent
  done
}
`;
