import { foreignListener } from '../../decide/same-port.ts';
import { isSocket } from '../../model/address.ts';
import type { Evidence, SocketRow } from '../../model/binding.ts';

/** The evidence in one line, for the story: only what was found out, in the order of its weight. */
export function describeEvidence(evidence: Evidence): string {
  const found = [
    said(evidence),
    evidence.heardBy === null ? null : `our own tunnel ${evidence.heardBy} has it`,
    listeners(evidence),
    file(evidence),
    recorded(evidence),
    connection(evidence),
    evidence.ownProcess === null ? null : `the program ${evidence.ownProcess.command} (pid ${evidence.ownProcess.pid}) holds it`,
    PROBE[evidence.probe],
  ].filter((part) => part !== null);
  return found.length === 0 ? 'The server shows nothing about it.' : `${found.join('; ')}.`;
}

const said = (evidence: Evidence): string | null => (evidence.said.length === 0 ? null : `the server said: ${evidence.said.join(', ')}`);

function listeners({ rows, uid, userName, listen }: Evidence): string | null {
  if (rows === null) return null;
  const listening = rows.filter(({ state }) => state === 'LISTEN');
  const others = rows.filter(({ state }) => state !== 'LISTEN');
  const named = userName === null ? undefined : foreignListener(rows, uid, listen)?.uid;
  const user = (row: SocketRow): string => (row.uid === uid ? 'our own user' : row.uid === named ? `${userName}` : `uid ${row.uid}`);
  const who = (row: SocketRow): string => `${row.host} (${user(row)})`;
  const first = listening.length === 0 ? 'nobody listens there' : `listening: ${listening.map(who).join(', ')}`;
  return others.length === 0 ? first : `${first}; other connections of that port: ${count(others)}`;
}

const count = (rows: readonly SocketRow[]): string =>
  [...new Set(rows.map(({ state }) => state))].map((state) => `${rows.filter((row) => row.state === state).length} ${state}`).join(', ');

const file = ({ file: found, listen }: Evidence): string | null =>
  found === null || !isSocket(listen)
    ? null
    : `the path is ${found.kind === 'no-directory' ? 'in a directory that is missing' : found.kind}`;

const PROCESS: Record<Evidence['process'], string> = {
  same: 'is still there',
  gone: 'is gone',
  reused: 'is gone, and its pid is used by another',
  rebooted: 'is gone, as the server has been rebooted',
  hidden: 'is still there, as far as the server shows it',
  unknown: 'cannot be looked at',
};

function recorded({ recorded: session, process, heldBefore }: Evidence): string | null {
  if (session === null) return heldBefore === null ? null : 'we held it ourselves, over a connection that has died since';
  return `our session of before, sshd pid ${session.pid}, ${PROCESS[process]}${session.declaredDead ? ' and its connection is given up' : ''}`;
}

const CONNECTION: Record<Evidence['connection'], string | null> = {
  answers: 'the connection of its session answers',
  silent: 'the connection of its session does not answer',
  gone: 'the connection of its session is gone',
  unknown: null,
};
const connection = ({ connection: seen }: Evidence): string | null => CONNECTION[seen];

const PROBE: Record<Evidence['probe'], string | null> = {
  'not-tried': null,
  'nothing-listens': 'a connection to it was refused',
  prohibited: 'connections to it are not allowed to us',
  silent: 'a connection to it was accepted and stayed silent',
  ended: 'a connection to it was accepted and ended at once',
  talks: 'what accepted a connection to it talks',
  'no-answer': 'a connection to it got no answer',
};
