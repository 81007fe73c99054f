import { isSocket } from '../model/address.ts';
import type { BindingVerdict, Evidence, Holder, NotAllowed, ServerSaying } from '../model/binding.ts';
import { isCredible } from './credible.ts';
import { judgeSocketFile } from './judge-socket-file.ts';
import { liveElsewhere } from './live-elsewhere.ts';
import { answers, presumedDead, proveDead } from './prove-dead.ts';
import { foreignListener, listening } from './same-port.ts';

/**
 * What the evidence about a refused binding says is the case. Total; the first rule that applies decides, and
 * the rules stand in the order of their certainty: what the server said, what we heard ourselves, what the
 * server's tables show, what a probe felt like.
 */
export function judgeBinding(evidence: Evidence): BindingVerdict {
  return (
    saidByServer(evidence) ??
    heardByUs(evidence) ??
    (isCredible(evidence) ? null : CANNOT_TELL) ??
    (isSocket(evidence.listen) ? judgeSocketFile(evidence, evidence.listen) : null) ??
    toldByPortZero(evidence) ??
    nothingListens(evidence) ??
    judgeListeners(evidence) ??
    judgeByProbe(evidence)
  );
}

type Rule = (evidence: Evidence) => BindingVerdict | null;

const CANNOT_TELL: BindingVerdict = { is: 'cannot-tell' };
const PROBABLY_STALE: BindingVerdict = { is: 'ours-stale', session: null, file: null };
const forbidden = (why: NotAllowed, said: ServerSaying | null = null): BindingVerdict => ({ is: 'not-allowed', why, said });
const heldBy = (holder: Partial<Holder> & Pick<Holder, 'kind'>): BindingVerdict => ({
  is: 'someone-else',
  holder: { uid: null, name: null, pid: null, ...holder },
});

/** sshd says why only where its policy forbids; at login it listed what the key may do. */
const saidByServer: Rule = ({ said, keyOptions }) => {
  if (said.includes('forwarding-disabled'))
    return forbidden(
      keyOptions !== null && !keyOptions.includes('port-forwarding') ? 'key-forbids' : 'server-forbids',
      'forwarding-disabled',
    );
  if (said.includes('listen-not-permitted'))
    return forbidden(keyOptions?.includes('permitlisten') ? 'key-list' : 'server-list', 'listen-not-permitted');
  return null;
};

const heardByUs: Rule = ({ heardBy }) => (heardBy === null ? null : { is: 'ours-live', where: 'here', tunnel: heardBy });

/** Asking for any free port tells a forbidden address, and dropbear's silent policy, from a port that is held. */
const toldByPortZero: Rule = ({ portZero, server }) => {
  if (portZero.localhost === 'bound' && portZero.same === 'refused') return forbidden('bad-address');
  return server === 'dropbear' && portZero.localhost === 'refused' ? forbidden('server-forbids') : null;
};

/** A refusal without any listener; a port that only root may bind looks like this too. */
const nothingListens: Rule = ({ rows, probe, listen, uid }) => {
  const nobody = rows === null ? probe === 'nothing-listens' : listening(rows).length === 0;
  if (!nobody) return null;
  if (!isSocket(listen) && listen.port > 0 && listen.port < 1024 && uid !== 0) return forbidden('privileged-port');
  return { is: 'free', why: rows !== null && rows.length > 0 ? 'source-port' : 'freed' };
};

/** dropbear listens as root for everybody, so that root's row tells nothing there. */
const judgeListeners: Rule = (evidence) => {
  const { rows, uid, listen, server, userName } = evidence;
  if (rows === null || uid === null) return null;
  const foreign = foreignListener(rows, uid, listen);
  if (foreign === undefined) return judgeOwnListener(evidence, uid);
  if (foreign.uid !== 0) return heldBy({ kind: 'user', uid: foreign.uid, name: userName });
  return server === 'openssh' ? heldBy({ kind: 'root', uid: 0, name: 'root' }) : null;
};

/** The listener is of our own user: a program, a live session or a dead one. */
function judgeOwnListener(evidence: Evidence, uid: number): BindingVerdict {
  const { ownProcess } = evidence;
  if (ownProcess !== null) return heldBy({ kind: 'own-process', uid, name: ownProcess.command, pid: ownProcess.pid });
  if (answers(evidence)) return liveElsewhere(evidence, uid);
  const session = proveDead(evidence, uid);
  if (session !== null) return { is: 'ours-stale', session, file: null };
  return presumedDead(evidence) ? PROBABLY_STALE : CANNOT_TELL;
}

/** All that is left where no table may be read. Silence alone is no verdict; silence and our own notes are a probable one. */
function judgeByProbe(evidence: Evidence): BindingVerdict {
  if (evidence.probe === 'talks') return heldBy({ kind: 'service' });
  if (evidence.probe === 'ended') return heldBy({ kind: 'live-session' });
  return evidence.probe === 'silent' && presumedDead(evidence) ? PROBABLY_STALE : CANNOT_TELL;
}
