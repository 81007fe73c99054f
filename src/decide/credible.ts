import type { Evidence, RecordedSession } from '../model/binding.ts';

/**
 * Whether every number in the evidence can be true. A server that shows one that cannot (a session with pid 1 or
 * of the future, a negative uid) is believed in nothing that it shows.
 */
export const isCredible = ({ uid, rows, ownProcess, ownPid, nowTicks, file, scope, recorded, process }: Evidence): boolean =>
  orNull(isUid)(uid) &&
  (rows === null || rows.every((row) => isUid(row.uid) && isNatural(row.inode))) &&
  // In a container our own program may well be pid 1; a session never is.
  (ownProcess === null || ownProcess.pid === 1 || isPid(ownProcess.pid)) &&
  orNull(isPid)(ownPid) &&
  orNull(isNatural)(nowTicks) &&
  (file === null || orNull(isUid)(file.uid)) &&
  (scope === null || (isPid(scope.leader) && isPast(scope.startTicks, nowTicks))) &&
  (recorded === null || isSession(recorded, process === 'rebooted' ? null : nowTicks));

const isSession = ({ uid, pid, bootId, startTicks }: RecordedSession, nowTicks: number | null): boolean =>
  isUid(uid) && isPid(pid) && BOOT_ID.test(bootId) && (startTicks === null || isPast(startTicks, nowTicks));

/** /proc/sys/kernel/random/boot_id, random(4). */
const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The largest pid that Linux gives on 64 bits, proc(5) pid_max. */
const PID_MAX = 2 ** 22;

const isNatural = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isUid = (value: number): boolean => isNatural(value) && value < 2 ** 32;
const isPid = (value: number): boolean => isNatural(value) && value > 1 && value <= PID_MAX;
const isPast = (ticks: number, now: number | null): boolean => isNatural(ticks) && (now === null || ticks <= now);
const orNull =
  (holds: (value: number) => boolean) =>
  (value: number | null): boolean =>
    value === null || holds(value);
