import { isSocket } from '../model/address.ts';
import type { DeadSession, DeadSocketFile, Evidence, RecordedSession } from '../model/binding.ts';

/**
 * The only place where proofs are made, for `judgeBinding` alone. Whoever holds one may end a process, so every
 * condition stands here, whatever was looked at before: the same boot, pid and start time; an sshd; our own user
 * as its owner and as the owner (`owner`, a uid) of what is held; used by no live link of ours and not by the one
 * that looks; nothing that answers; and either our own word that the connection is dead or the server's tables.
 */
export function proveDead(evidence: Evidence, owner: number | null): DeadSession | null {
  const { recorded, connection } = evidence;
  if (recorded === null || answers(evidence) || !ours(recorded, evidence, owner)) return null;
  if (!isSame(recorded, evidence) && !isHidden(recorded, evidence)) return null;
  return seenDead(connection) || givenUp(recorded) ? proven(recorded) : null;
}

/** A live session of our user that the user told us to take over. The same conditions but for its death. */
export function proveTakenOver(evidence: Evidence, owner: number | null): DeadSession | null {
  const { recorded, takeOver } = evidence;
  if (!takeOver || recorded === null) return null;
  return ours(recorded, evidence, owner) && isSame(recorded, evidence) ? proven(recorded) : null;
}

/** A socket of our own user that nobody answers at; removing it takes nothing from anybody. */
export function proveDeadFile(evidence: Evidence, path: string): DeadSocketFile | null {
  const { file, uid, probe } = evidence;
  if (file === null || file.kind !== 'socket' || uid === null || file.uid !== uid) return null;
  return probe === 'nothing-listens' || proveDead(evidence, file.uid) !== null ? ({ path } as DeadSocketFile) : null;
}

/** Whatever answers is alive, whoever's it is. */
export const answers = ({ probe, connection }: Evidence): boolean => probe === 'talks' || probe === 'ended' || connection === 'answers';

/** Our own notes say that it is dead, and nothing that the server shows speaks against it: probable, no proof. */
export const presumedDead = (evidence: Evidence): boolean => {
  const { recorded, process } = evidence;
  if (recorded === null) return diedNameless(evidence);
  if (!givenUp(recorded) || recorded.usedByLiveLink || answers(evidence)) return false;
  return process !== 'rebooted' && process !== 'reused' && process !== 'gone';
};

/**
 * Nothing can be compared with a note that names no process, so the binding itself has to have been silent. The file of a
 * socket outlives its session, so there a note tells neither who holds it nor until when.
 */
const diedNameless = (evidence: Evidence): boolean =>
  evidence.heldBefore !== null && evidence.probe === 'silent' && !answers(evidence) && !isSocket(evidence.listen);

const givenUp = ({ source, declaredDead }: RecordedSession): boolean => source === 'record' && declaredDead;

const seenDead = (connection: Evidence['connection']): boolean => connection === 'silent' || connection === 'gone';

const ours = (recorded: RecordedSession, { uid, ownPid }: Evidence, owner: number | null): boolean =>
  uid !== null && owner === uid && recorded.uid === uid && recorded.pid > 1 && recorded.pid !== ownPid && !recorded.usedByLiveLink;

const SSHD: readonly string[] = ['sshd', 'sshd-session'];

const isSame = ({ comm, startTicks }: RecordedSession, { process }: Evidence): boolean =>
  process === 'same' && startTicks !== null && SSHD.includes(comm);

/**
 * Under hidepid no start time tells a pid from its reuse. What does: the connection that our own notes name is
 * still in the kernel's table, unanswered, so the process that owns it has not ended and its pid is still its own.
 */
const isHidden = (recorded: RecordedSession, { process, connection, ownPid }: Evidence): boolean =>
  process === 'hidden' &&
  recorded.startTicks === null &&
  givenUp(recorded) &&
  connection === 'silent' &&
  ownPid !== null &&
  (recorded.comm === '?' || SSHD.includes(recorded.comm));

const proven = ({ pid, startTicks, bootId }: RecordedSession): DeadSession => ({ pid, startTicks, bootId }) as DeadSession;
