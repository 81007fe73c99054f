import { type RecordedProcess, type RecordedSession, sessionOfScope } from '../../../model/binding.ts';
import { type Look, look, type Suspect } from './look.ts';
import { type Marker, parseMarker } from './marker-text.ts';
import type { EvidenceGiven, EvidenceRequest } from './request.ts';

/** A look at the server, and the session that it was about. */
export type Seen = { readonly look: Look; readonly suspect: Suspect | null; readonly recorded: RecordedSession | null };

/** Whom to suspect: the session of our record while it may be there, else of the marker, else of the login that the listener belongs to. */
export async function lookAtSuspect(request: EvidenceRequest, given: EvidenceGiven): Promise<Seen | null> {
  const recorded = suspectOfRecord(request);
  const first = await look(request, { suspect: recorded?.suspect ?? null, marker: 'read' }, given);
  if (first === null) return null;
  if (recorded !== null && !ENDED.includes(first.process)) return { look: first, ...recorded };
  const named = namedByMarker(first) ?? namedByScope(first);
  if (named === null) return { look: first, ...(recorded ?? NOBODY) };
  const second = await look(request, { suspect: named.suspect, marker: 'skip' }, given);
  return { look: second ?? { ...first, process: 'unknown', connection: 'unknown' }, ...named };
}

/** Then whoever holds the binding now came after it. */
const ENDED: readonly RecordedProcess[] = ['gone', 'reused', 'rebooted'];
const NOBODY: Omit<Seen, 'look'> = { suspect: null, recorded: null };

function suspectOfRecord({ record, usedByLiveLink }: EvidenceRequest): Omit<Seen, 'look'> | null {
  if (record === null) return null;
  const suspect = { ...record, client: record.client.port === 0 ? null : record.client };
  return { suspect, recorded: recordedHere(record, usedByLiveLink) };
}

function namedByMarker({ marker, uid, ownPid }: Look): Omit<Seen, 'look'> | null {
  const parsed = parseMarker(marker);
  if (parsed === null || uid === null) return null;
  return { suspect: suspectIn(parsed), recorded: sessionOfMarker(parsed, { uid, ownPid }) };
}

const suspectIn = ({ pid, start, boot, client }: Marker): Suspect => ({ pid, startTicks: start, bootId: boot, client });

const sessionOfMarker = ({ pid, comm, start, boot }: Marker, of: { uid: number; ownPid: number | null }): RecordedSession => ({
  uid: of.uid,
  bootId: boot,
  pid,
  comm,
  startTicks: start,
  source: 'marker',
  declaredDead: false,
  usedByLiveLink: pid === of.ownPid,
});

function namedByScope({ scope, uid, bootId, ownPid }: Look): Omit<Seen, 'look'> | null {
  if (scope === null || uid === null || bootId === null) return null;
  const session = sessionOfScope(scope, { uid, bootId, comm: 'sshd' });
  const { pid, startTicks } = session;
  return { suspect: { pid, startTicks, bootId, client: null }, recorded: { ...session, usedByLiveLink: pid === ownPid } };
}

export const recordedHere = (record: NonNullable<EvidenceRequest['record']>, usedByLiveLink: boolean): RecordedSession => {
  const { uid, bootId, pid, comm, startTicks, declaredDead } = record;
  return { uid, bootId, pid, comm, startTicks, declaredDead, usedByLiveLink, source: 'record' };
};
