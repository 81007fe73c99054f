import { problemOf } from '../../../model/problem.ts';
import { printable } from '../../../model/printable.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AGENT_DEADLINES, listAgentKeys } from '../../../ssh/identity/keys/agent.ts';
import { remarksOnTime } from '../../../ssh/identity/keys/certificate-remarks.ts';
import type { Certificate } from '../../../ssh/identity/keys/certificate.ts';
import { loadCredentials } from '../../../ssh/identity/logins/credentials.ts';
import { printKey } from '../../../ssh/identity/host-keys/host-key.ts';
import { loadKnownKeys } from '../../../ssh/identity/host-keys/known-keys.ts';
import { pinTexts } from '../../../ssh/identity/host-keys/pinned-keys.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import type { HostCertificateFacts, KeyFacts, KnownFacts } from '../facts.ts';

/** What there is to log in to a hop with. Reads files and asks the agent, never the server. */
export async function keyFacts(hop: ResolvedHop, clock: Clock): Promise<KeyFacts> {
  const login = await loadCredentials(hop, { clock }).then(
    ({ methods, skipped, certificates }) => ({ labels: methods.map(({ label }) => label), skipped, certificates }),
    (error: unknown) => problemOf(error),
  );
  if (hop.agent === null) return { login, agent: null };
  const keys = await listAgentKeys({ socket: hop.agent, deadlines: AGENT_DEADLINES, clock });
  return { login, agent: { socket: hop.agent, keys: typeof keys === 'string' ? keys : keys.length } };
}

export async function knownFacts(hop: ResolvedHop): Promise<KnownFacts> {
  const { known, withoutPort, authorities, unreadable } = await loadKnownKeys(hop);
  return { pins: pinTexts(hop), at: placesOf([...known, ...withoutPort]), authorities: placesOf(authorities), unreadable };
}

const placesOf = (keys: readonly { readonly file: string; readonly line: number }[]): string[] => [
  ...new Set(keys.map(({ file, line }) => `${file}:${line}`)),
];

/** Null where its certificate counts for nothing: it is known by its plain key, and needs no other. */
export function hostCertificateFacts(certificate: Certificate | null, known: KnownFacts, clock: Clock): HostCertificateFacts | null {
  if (certificate === null || known.authorities.length + known.pins.length === 0) return null;
  const name = `"${printable(certificate.keyId).slice(0, 100)}", serial ${certificate.serial}`;
  return { name, authority: printKey(certificate.caKey), remarks: remarksOnTime(certificate, clock.now()) };
}
