import type { SocketAddress } from '../model/address.ts';
import type { BindingVerdict, Evidence } from '../model/binding.ts';
import { answers, presumedDead, proveDead, proveDeadFile } from './prove-dead.ts';
import { liveElsewhere } from './live-elsewhere.ts';

/**
 * A refused Unix socket. sshd never removes the file of one that it bound, not even when it ends in good order,
 * so a second bind always finds the file of the first.
 */
export function judgeSocketFile(evidence: Evidence, at: SocketAddress): BindingVerdict {
  const { file, uid, server, userName } = evidence;
  if (file === null) return withoutFile(evidence);
  if (file.kind === 'no-directory') return { is: 'not-allowed', why: 'no-directory', said: null };
  // dropbear knows no Unix sockets and refuses them all, without a word.
  if (file.kind === 'missing')
    return server === 'dropbear' ? { is: 'not-allowed', why: 'server-forbids', said: null } : { is: 'free', why: 'freed' };
  if (file.kind === 'other') return { is: 'someone-else', holder: { kind: 'file', uid: file.uid, name: userName, pid: null } };
  if (uid === null || file.uid === null) return withoutFile(evidence);
  if (file.uid !== uid) return { is: 'someone-else', holder: { kind: 'file', uid: file.uid, name: userName, pid: null } };
  return judgeOwnSocket(evidence, { at, uid });
}

/** Where nobody listens the file is dead whatever its session does: sshd leaves it behind even when only the binding is given back. */
function judgeOwnSocket(evidence: Evidence, { at, uid }: { readonly at: SocketAddress; readonly uid: number }): BindingVerdict {
  const { ownProcess, probe } = evidence;
  if (probe !== 'nothing-listens' && ownProcess !== null)
    return { is: 'someone-else', holder: { kind: 'own-process', uid, name: ownProcess.command, pid: ownProcess.pid } };
  if (probe !== 'nothing-listens' && answers(evidence)) return liveElsewhere(evidence, uid);
  const file = proveDeadFile(evidence, at.path);
  return file === null ? withoutFile(evidence) : { is: 'ours-stale', session: proveDead(evidence, uid), file };
}

const withoutFile = (evidence: Evidence): BindingVerdict =>
  evidence.probe === 'silent' && presumedDead(evidence) ? { is: 'ours-stale', session: null, file: null } : { is: 'cannot-tell' };
