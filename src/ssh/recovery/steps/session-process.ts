/**
 * POSIX shell functions about the process of an SSH session (Linux, proc(5)). They see what a login without rights sees:
 * sshd's processes are not dumpable, so of another's or, under hidepid, even of its own session there may be nothing to read.
 */
export const SESSION_PROCESS = `
# Sets comm, state, parent, start and uid of a process; fails where there is none, or none to see.
look() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The name is in parentheses and may itself contain some.
  comm=\${stat#*\\(}
  comm=\${comm%\\)*}
  set -- "$1" \${stat##*\\) }
  state=$2 parent=$3 start=\${21}
  while read -r key uid rest; do [ "$key" = Uid: ] && return 0; done 2>/dev/null <"/proc/$1/status"
  return 1
}
is_sshd() { case $comm in sshd | sshd-session) return 0 ;; esac; return 1; }
is_over() { case $state in Z | X) return 0 ;; esac; return 1; }
booted_as() { { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && [ "$boot" = "$1" ]; }
# Whether this script runs below a process. The walk ends at what it cannot see, so that one is compared first.
is_below() {
  at=$$
  while [ "$at" -gt 1 ]; do
    [ "$at" = "$1" ] && return 0
    look "$at" || return 1
    at=$parent
  done
  return 1
}
`;

/** The arguments that name a process to a script, in the order pid, start, boot; null for what no session of ours can be. */
export function processArguments(process: ProcessName): readonly [string, string, string] | null {
  const { pid, startTicks, bootId } = process;
  const sound = Number.isSafeInteger(pid) && pid > 1 && UUID.test(bootId) && (startTicks === null || Number.isSafeInteger(startTicks));
  return sound ? [String(pid), startTicks === null ? HIDDEN : String(startTicks), bootId] : null;
}

export type ProcessName = { readonly pid: number; readonly startTicks: number | null; readonly bootId: string };

/** In place of the start time where the server hides it. */
export const HIDDEN = 'hidden';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
