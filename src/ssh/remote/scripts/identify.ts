import { STAT_OF } from './stat-of.ts';

/**
 * Who we are there, and which process serves us:
 *
 *     uid 1001
 *     boot 8d5c3c0e-...
 *     client 10.0.0.2 53044 10.0.0.1 22     SSH_CONNECTION (ssh(1))
 *     scope 787                             XDG_SESSION_ID (pam_systemd(8)), if any
 *     shell 4712 88012                      this shell: pid and start
 *     server 4710 sshd 88001 yes            the sshd above it: pid, name, start, whether we may signal it
 *
 * `$PPID` is not enough: tcsh and fish do not have it, and `sh -c` in dash is one process further down. Where /proc hides
 * the processes of others (hidepid, proc(5)), the first that cannot be seen is the one: `server 4710 ? 0 yes`.
 */
export const IDENTIFY = `${STAT_OF}
echo "uid $(id -u)"
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && echo "boot $boot"
echo "client $SSH_CONNECTION"
echo "scope $XDG_SESSION_ID"
if stat_of $$; then
  echo "shell $$ $start"
  pid=$parent
  while [ "$pid" -gt 1 ]; do
    stat_of "$pid" || { echo "server $pid ? 0 $(can_signal "$pid")"; break; }
    is_server "$comm" && { echo "server $pid $comm $start $(can_signal "$pid")"; break; }
    pid=$parent
  done
fi
`;
