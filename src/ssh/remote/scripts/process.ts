/**
 * Needs STAT_OF. `process PID START BOOT`: whether that process is still the one that was noted. START is `hidden` where it could not be
 * seen then.
 *
 *     process same       same boot, pid and start, and it is an SSH server's process
 *     process gone       no such process, or a zombie
 *     process reused     another process has the pid
 *     process rebooted
 *     process hidden     there is one that we may signal, and its start cannot be seen (hidepid)
 */
export const PROCESS = `
process() {
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || return
  if [ "$boot" != "$3" ]; then
    echo "process rebooted"
  elif stat_of "$1"; then
    case $state in
      Z | X) echo "process gone" ;;
      *) if is_server "$comm" && [ "$start" = "$2" ]; then echo "process same"
        elif [ "$2" = hidden ] && is_server "$comm"; then echo "process hidden"
        else echo "process reused"
        fi ;;
    esac
  elif { read -r line </proc/1/stat; } 2>/dev/null; then
    echo "process gone"
  elif kill -0 "$1" 2>/dev/null; then
    echo "process hidden"
  fi
}
`;
