import type { Problem } from '../../../src/model/problem.ts';
import { problemOf } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { NOBODY } from '../../../src/ssh/identity/logins/person.ts';
import { Batches } from '../../../src/ssh/data/batches.ts';
import { sharedData } from '../../../src/ssh/data/data-shared.ts';
import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import { dialLink, type DialLinkGiven } from '../../../src/ssh/links/dial-link.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import type { Sshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, required } from '../identity/hop.ts';

const nothing: DialLinkGiven = {
  clock: systemClock,
  signal: new AbortController().signal,
  keepalive: { intervalMs: 15_000, countMax: 3 },
  person: NOBODY,
  via: null,
  onSuspect: () => {},
  onReached: () => {},
  onHandshake: () => {},
  resetBefore: () => null,
  data: sharedData(WINDOW_LIMITS, new Batches()),
};

/** The hop that a real server is, with a key that it takes and all of its host keys pinned. */
export async function hopOf(sshd: Sshd, over: Partial<ResolvedHop> = {}, key?: Key): Promise<ResolvedHop> {
  const { path, publicLine } = key ?? (await makeKey(tempDir()));
  sshd.authorize(publicLine);
  const pins = sshd.hostKeys.map(({ fingerprint }) => fingerprint);
  const knownHosts = { alias: null, userFiles: [], systemFiles: [], pins };
  return aHop({ port: sshd.port, user: sshd.user, identities: required(path), identitiesOnly: true, knownHosts, ...over });
}

export const dial = (hop: ResolvedHop, over: Partial<DialLinkGiven> = {}): Promise<LiveLink> => dialLink(hop, { ...nothing, ...over });

/** Null where the link comes about, which is then closed. */
export async function problemOfDial(hop: ResolvedHop): Promise<Problem | null> {
  try {
    const link = await dial(hop);
    await link.close(1_000);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}
