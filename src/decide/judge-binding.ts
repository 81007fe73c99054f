import { isSocket } from '../model/address.ts';
import type { BindingVerdict, DeadSession, DeadSocketFile, Evidence, Holder, NotAllowed, SocketRow } from '../model/binding.ts';

/**
 * What the evidence about a refused binding says is the case. Total; the first rule that applies decides, and
 * the rules stand in the order of their certainty: what the server said, what we heard ourselves, what the
 * server's tables show, what a probe felt like.
 */
export function judgeBinding(evidence: Evidence): BindingVerdict {
  return (
    saidByServer(evidence) ??
    heardByUs(evidence) ??
    (isSocket(evidence.listen) ? judgeSocketFile(evidence) : null) ??
    nothingListens(evidence) ??
    freeOrForbidden(evidence) ??
    judgeListeners(evidence) ??
    judgeByProbe(evidence)
  );
}

type Rule = (evidence: Evidence) => BindingVerdict | null;

const forbidden = (why: NotAllowed): BindingVerdict => ({ is: 'not-allowed', why });
const heldBy = (holder: Partial<Holder> & Pick<Holder, 'kind'>): BindingVerdict => ({
  is: 'someone-else',
  holder: { uid: null, name: null, pid: null, ...holder },
});
const stale = (session: DeadSession | null, file: DeadSocketFile | null = null): BindingVerdict => ({ is: 'ours-stale', session, file });
const elsewhere: BindingVerdict = { is: 'ours-live', where: 'elsewhere', tunnel: null };
const cannotTell: BindingVerdict = { is: 'cannot-tell' };

const saidByServer: Rule = ({ said, keyOptions }) => {
  const byKey = keyOptions !== null;
  if (said.includes('forwarding-disabled'))
    return forbidden(byKey && !keyOptions.includes('port-forwarding') ? 'key-forbids' : 'server-forbids');
  if (said.includes('listen-not-permitted')) return forbidden(byKey && keyOptions.includes('permitlisten') ? 'key-list' : 'server-list');
  return null;
};

const heardByUs: Rule = ({ heardBy }) => (heardBy === null ? null : { is: 'ours-live', where: 'here', tunnel: heardBy });

const listening = (rows: readonly SocketRow[]): SocketRow[] => rows.filter((row) => row.state === 'LISTEN');

/** A refusal without any listener: forbidden ports and addresses look like this too. */
const nothingListens: Rule = (evidence) => {
  const { rows, probe, listen, uid } = evidence;
  const empty = rows === null ? probe === 'nothing-listens' : listening(rows).length === 0;
  if (!empty) return null;
  if (!isSocket(listen) && listen.port > 0 && listen.port < 1024 && uid !== 0) return forbidden('privileged-port');
  if (evidence.portZero.same === 'refused' && evidence.portZero.localhost === 'bound') return forbidden('bad-address');
  if (evidence.server === 'dropbear' && evidence.portZero.localhost === 'refused') return forbidden('server-forbids');
  return { is: 'free', why: rows !== null && rows.length > 0 ? 'source-port' : 'freed' };
};

/** dropbear gives no reason at all: only port 0 shows whether it forwards for us. */
const freeOrForbidden: Rule = ({ server, portZero }) =>
  server === 'dropbear' && portZero.localhost === 'refused' ? forbidden('server-forbids') : null;

const judgeListeners: Rule = (evidence) => {
  if (evidence.rows === null) return null;
  const rows = listening(evidence.rows);
  const foreign = rows.find((row) => row.uid !== evidence.uid);
  if (evidence.uid === null) return null;
  if (foreign === undefined) return judgeOwnListener(evidence);
  if (foreign.uid !== 0) return heldBy({ kind: 'user', uid: foreign.uid, name: evidence.userName });
  if (evidence.server !== 'dropbear') return heldBy({ kind: 'root', uid: 0, name: 'root' });
  // dropbear listens as root for everybody, so the row does not tell whose it is.
  return evidence.probe === 'silent' && evidence.recorded?.declaredDead === true ? stale(null) : cannotTell;
};

/** The listener is of our own user: a program, a live session or a dead one. */
function judgeOwnListener(evidence: Evidence): BindingVerdict {
  const { ownProcess, uid, probe } = evidence;
  if (ownProcess !== null) return heldBy({ kind: 'own-process', uid, name: ownProcess.command, pid: ownProcess.pid });
  // Whatever answers is alive, whoever's it is.
  if (probe === 'talks' || probe === 'ended' || evidence.connection === 'answers') return elsewhere;
  const session = proveDead(evidence);
  if (session !== null) return stale(session);
  return declaredDead(evidence) && evidence.process === 'unknown' ? stale(null) : cannotTell;
}

const judgeByProbe = (evidence: Evidence): BindingVerdict => {
  if (evidence.probe === 'talks') return heldBy({ kind: 'service' });
  if (evidence.probe === 'ended') return heldBy({ kind: 'live-session' });
  return evidence.probe === 'silent' && evidence.connection !== 'answers' && declaredDead(evidence) ? stale(null) : cannotTell;
};

const judgeSocketFile: Rule = (evidence) => {
  const { file, probe, uid, listen } = evidence;
  if (!isSocket(listen)) return null;
  if (file === null) return declaredDead(evidence) && probe === 'silent' ? stale(null) : cannotTell;
  if (file.kind === 'no-directory') return forbidden('no-directory');
  if (file.kind === 'missing') return { is: 'free', why: 'freed' };
  const ours = file.kind === 'socket' && uid !== null && file.uid === uid;
  if (!ours) return heldBy({ kind: 'file', uid: file.uid, name: evidence.userName });
  if (probe === 'nothing-listens') return stale(null, provenFile(listen.path));
  if (probe === 'talks' || probe === 'ended' || evidence.connection === 'answers') return elsewhere;
  const session = proveDead(evidence);
  return session === null ? cannotTell : stale(session, provenFile(listen.path));
};

const declaredDead = ({ recorded, process }: Evidence): boolean =>
  recorded !== null &&
  recorded.declaredDead &&
  !recorded.usedByLiveLink &&
  process !== 'rebooted' &&
  process !== 'reused' &&
  process !== 'gone';

/**
 * The only place where a proof is made. It takes the same boot, pid and start time, our own user as the
 * listener's owner, no live tunnel of ours on it, and either our own word that the connection is dead or the
 * server's: unanswered data, or no connection any more.
 */
function proveDead(evidence: Evidence): DeadSession | null {
  const { recorded, process, connection, scope } = evidence;
  const seenDead = connection === 'silent' || connection === 'gone';
  if (recorded !== null && !recorded.usedByLiveLink && process === 'same' && recorded.pid > 1) {
    const trusted = recorded.source === 'record' && recorded.declaredDead;
    return (trusted && connection !== 'answers') || seenDead ? provenSession(recorded) : null;
  }
  if (recorded === null && scope !== null && seenDead && scope.leader > 1) return null;
  return null;
}

const provenSession = ({ pid, startTicks, bootId }: { pid: number; startTicks: number | null; bootId: string }): DeadSession =>
  ({ pid, startTicks, bootId }) as DeadSession;

const provenFile = (path: string): DeadSocketFile => ({ path }) as DeadSocketFile;
