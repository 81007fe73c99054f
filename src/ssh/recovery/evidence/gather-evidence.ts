import { isSocket } from '../../../model/address.ts';
import type { Evidence, HolderConnection } from '../../../model/binding.ts';
import { keyOptionsIn } from '../../remote/key-options.ts';
import { connectionBefore, isHeld, type Look, look } from './look.ts';
import { askPortZero } from './port-zero.ts';
import { probeBinding } from './probe-binding.ts';
import type { EvidenceGiven, EvidenceRequest } from './request.ts';
import { sayingsIn } from './sayings.ts';
import { lookAtSuspect, recordedHere, type Seen } from './suspect.ts';
import { watchHolder } from './watch-holder.ts';

export type { EvidenceGiven, EvidenceRequest } from './request.ts';

/**
 * Why a binding may have been refused, from everything that the server lets us see. The cheap and harmless first: what it
 * said, then one look by shell or SFTP. Where that shows a session of ours that we gave up, still there and with nobody
 * else at the port, it is enough. Otherwise one probe, if it is allowed, and what it moves. Each channel has its own
 * deadline and may fail. Never rejects but with the signal's reason.
 */
export async function gatherEvidence(request: EvidenceRequest, given: EvidenceGiven): Promise<Evidence> {
  const evidence = whatIsKnown(request);
  if (evidence.heardBy !== null || FINAL.some((saying) => evidence.said.includes(saying))) return evidence;
  const seen = await lookAtSuspect(request, given);
  const before = seen === null ? evidence : { ...evidence, ...shown(seen.look, request), recorded: seen.recorded };
  if (isEnough(before)) return before;
  const after = request.mayPoke ? await poke(before, { request, seen, given }) : before;
  return nobodyListens(after) ? { ...after, portZero: await askPortZero(request.remote, request.listen, given) } : after;
}

const FINAL = ['forwarding-disabled', 'listen-not-permitted'] as const;

function whatIsKnown({ remote, listen, said, heardBy, record, heldBefore, usedByLiveLink, ownPid, takeOver }: EvidenceRequest): Evidence {
  return {
    listen,
    said: sayingsIn(said),
    keyOptions: keyOptionsIn(remote.said.all),
    server: serverIn(remote.ident),
    heardBy,
    uid: null,
    rows: null,
    ownProcess: null,
    userName: null,
    probe: 'not-tried',
    recorded: record === null ? null : recordedHere(record, usedByLiveLink),
    heldBefore,
    process: 'unknown',
    connection: 'unknown',
    peer: null,
    scope: null,
    ownPid,
    nowTicks: null,
    takeOver,
    portZero: { same: 'not-tried', localhost: 'not-tried' },
    file: null,
  };
}

const serverIn = (ident: string): Evidence['server'] =>
  ident.startsWith('OpenSSH') ? 'openssh' : ident.startsWith('dropbear') ? 'dropbear' : 'other';

/** What a look adds to the evidence, before anything was sent to the holder. */
function shown(seen: Look, { ownPid }: EvidenceRequest): Partial<Evidence> {
  const { uid, rows, ownProcess, userName, scope, nowTicks, process, connection, file } = seen;
  const peer = typeof connection === 'string' ? null : connection.remote;
  const own = ownPid ?? seen.ownPid;
  return { uid, rows, ownProcess, userName, scope, nowTicks, process, connection: connectionBefore(connection), peer, file, ownPid: own };
}

/** Our own notes say that it is dead, the server says that it is still there, and nobody else is at the binding. */
function isEnough({ recorded, process, uid, rows, file, listen, ownProcess }: Evidence): boolean {
  if (recorded === null || recorded.source !== 'record' || !recorded.declaredDead || recorded.usedByLiveLink) return false;
  if (process !== 'same' || uid === null || ownProcess !== null) return false;
  if (isSocket(listen)) return file !== null && file.kind === 'socket' && file.uid === uid;
  const listeners = rows?.filter((row) => row.state === 'LISTEN') ?? [];
  return listeners.length > 0 && listeners.every((row) => row.uid === uid);
}

type PokeGiven = { readonly request: EvidenceRequest; readonly seen: Seen | null; readonly given: EvidenceGiven };

/** The one probe, and what the server shows after it. */
async function poke(before: Evidence, { request, seen, given }: PokeGiven): Promise<Evidence> {
  request.onPoke?.();
  const probe = await probeBinding(request.remote, request.listen, given);
  if (seen === null) return { ...before, probe };
  if (probe === 'nothing-listens') return hasEndedBefore(before, { request, seen, given });
  if (probe !== 'silent' && probe !== 'ended' && probe !== 'talks') return { ...before, probe };
  const { look: last, connection } = await watchHolder({ request, suspect: seen.suspect, isGivenUp: isGivenUp(seen) }, given);
  if (last === null) return { ...before, probe, connection: worse(before.connection, connection) };
  if (isHeld(request, last)) return { ...before, ...shown(last, request), probe, connection };
  // It was the poke that ended it: nothing answered. What is left in the table are remains of its connections.
  return { ...before, ...shown(last, request), probe: 'nothing-listens', connection, rows: [] };
}

type Poked = PokeGiven & { readonly seen: Seen };

/** Nothing took the poke. Where the table showed a listener, it is asked again: a dead session may end between the two. */
async function hasEndedBefore(before: Evidence, { request, seen, given }: Poked): Promise<Evidence> {
  const refused = { ...before, probe: 'nothing-listens' } as const;
  if (isSocket(request.listen) || nobodyListens(refused)) return refused;
  const last = await look(request, { suspect: seen.suspect, marker: 'skip' }, given);
  return last === null || isHeld(request, last) ? refused : { ...refused, ...shown(last, request), rows: [] };
}

const isGivenUp = ({ recorded }: Seen): boolean => recorded?.source === 'record' && recorded.declaredDead;
const worse = (before: HolderConnection, after: HolderConnection): HolderConnection => (after === 'unknown' ? before : after);

const nobodyListens = ({ rows, probe, listen }: Evidence): boolean =>
  !isSocket(listen) && (rows === null ? probe === 'nothing-listens' : !rows.some((row) => row.state === 'LISTEN'));
