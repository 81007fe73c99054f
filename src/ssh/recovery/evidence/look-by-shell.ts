import { foreignListener } from '../../../decide/same-port.ts';
import { type Address, isSocket } from '../../../model/address.ts';
import type { Evidence, RecordedProcess, SocketFile } from '../../../model/binding.ts';
import { serverIn } from '../../remote/identify-session.ts';
import { bootIdIn, pidIn, portIn, ticksIn, uidIn } from '../../remote/limits.ts';
import { ScriptLines } from '../../remote/lines.ts';
import { runOnAccount } from '../../remote/on-account.ts';
import { CONNECTION } from '../../remote/scripts/connection.ts';
import { FILE } from '../../remote/scripts/file.ts';
import { LOOK } from '../../remote/scripts/look.ts';
import { READ_MARKER } from '../../remote/scripts/marker.ts';
import { NAME_OF } from '../../remote/scripts/name-of.ts';
import { OWN } from '../../remote/scripts/own.ts';
import { PROCESS } from '../../remote/scripts/process.ts';
import { STAT_OF } from '../../remote/scripts/stat-of.ts';
import type { Look, LookAt, Suspect } from './look.ts';
import { markerName } from './marker-text.ts';
import type { EvidenceGiven, EvidenceRequest } from './request.ts';
import { connectionOf, rowsOf } from './rows.ts';

/** One exec for everything; null where there is no shell, or where it did not answer as it should. */
export async function lookByShell({ remote, listen }: EvidenceRequest, at: LookAt, given: EvidenceGiven): Promise<Look | null> {
  const { script, args } = lookScript(listen, at);
  const ran = await runOnAccount(remote, script, { ...given, args, ...(isSocket(listen) ? { input: listen.path } : {}) });
  return ran.ok ? lookIn(ran.lines, listen, at.suspect) : null;
}

function lookScript(listen: Address, { suspect, marker }: LookAt): { script: string; args: string[] } {
  const { bootId = '-', pid = 0, startTicks = 0, client = null } = suspect ?? {};
  const calls = [
    'own',
    ...(suspect === null ? [] : ['process "$2" "$3" "$4"']),
    ...(client === null ? [] : ['connection "$5"']),
    ...(marker === 'read' ? ['read_marker "$6"'] : []),
    // Last, because it may ask a directory service for a name.
    isSocket(listen) ? 'file "$input"' : 'look "$7"',
  ];
  const port = isSocket(listen) ? 0 : listen.port;
  const args = [pid, startTicks ?? 'hidden', bootId, client?.port ?? 0, markerName(listen), port].map(String);
  return { script: [STAT_OF, OWN, NAME_OF, LOOK, FILE, PROCESS, CONNECTION, READ_MARKER, ...calls].join('\n'), args };
}

/** Reads what the script printed. */
export function lookIn(printed: readonly string[], listen: Address, suspect: Suspect | null): Look {
  const lines = new ScriptLines(printed);
  const uid = uidIn(lines.one('uid'));
  const rows = isSocket(listen) || lines.all('table').length === 0 ? null : rowsOf(tableIn(lines, 'row'), listen.port);
  const file = isSocket(listen) ? fileIn(lines.one('file')) : null;
  return {
    uid,
    bootId: bootIdIn(lines.one('boot')),
    rows,
    ownProcess: ownProcessIn(lines.all('ss')),
    userName: nameIn(lines.all('name'), file?.uid ?? foreignListener(rows ?? [], uid, listen)?.uid),
    scope: scopeIn(lines.all('scope')),
    ownPid: serverIn(lines.one('server'), lines.one('shell'))?.pid ?? null,
    nowTicks: ticksIn(lines.one('shell')?.split(' ')[1]),
    process: processIn(lines.one('process')),
    connection: connectionOf(tableIn(lines, 'connection'), suspect, lines.one('here')),
    file,
    ephemeral: rangeIn(lines.one('range')),
    marker: lines.one('marker'),
  };
}

const tableIn = (lines: ScriptLines, word: string): string => lines.all(word).join('\n');

const PROCESSES: readonly string[] = ['same', 'gone', 'reused', 'rebooted', 'hidden'] satisfies RecordedProcess[];

const processIn = (text: string | null): RecordedProcess =>
  text !== null && PROCESSES.includes(text) ? (text as RecordedProcess) : 'unknown';

/** ss(8) shows to everybody who listens and only to its user by which process. */
export function ownProcessIn(rows: readonly string[]): Evidence['ownProcess'] {
  for (const row of rows) {
    const [, command = '', pidText] = /users:\(\("(.*?)",pid=(\d+),fd=\d+\)/.exec(row) ?? [];
    // In a container our own program may well be pid 1.
    const pid = pidText === '1' ? 1 : pidIn(pidText);
    if (pid !== null && !SERVERS.has(command)) return { pid, command: printable(command) };
  }
  return null;
}

const SERVERS = new Set(['sshd', 'sshd-session', 'dropbear']);

/** `1002 bob`: what the user with that number is called. */
function nameIn(names: readonly string[], uid: number | undefined): string | null {
  const found = names.map((text) => /^(\d+) ([A-Za-z0-9._@\\-]{1,64}\$?)$/.exec(text)).find((match) => match?.[1] === String(uid));
  return found?.[2] ?? null;
}

function scopeIn(texts: readonly string[]): Evidence['scope'] {
  const different = [...new Set(texts)];
  const [, id, pid, start] = /^(session-[A-Za-z0-9]{1,20}\.scope) (\d+) (\d+)$/.exec(different[0] ?? '') ?? [];
  const [leader, startTicks] = [pidIn(pid), ticksIn(start)];
  // Two sessions, or two connections in one, and nothing says which of them listens.
  if (different.length !== 1 || id === undefined || leader === null || startTicks === null) return null;
  return { id, leader, startTicks };
}

function fileIn(text: string | null): SocketFile | null {
  const [kind, uid] = text?.split(' ') ?? [];
  if (kind === 'missing' || kind === 'no-directory') return { kind, uid: null };
  return kind === 'socket' || kind === 'other' ? { kind, uid: uidIn(uid) } : null;
}

function rangeIn(text: string | null): Look['ephemeral'] {
  const [low, high] = (text?.split(/\s+/) ?? []).map(portIn);
  return typeof low === 'number' && typeof high === 'number' && low <= high ? { low, high } : null;
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
