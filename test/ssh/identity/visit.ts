import { connect } from 'node:net';
import { systemClock } from '../../../src/platform/clock.ts';
import { createAuthHandler } from '../../../src/ssh/identity/logins/auth-handler.ts';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import { NOBODY, type Person } from '../../../src/ssh/identity/logins/person.ts';
import { openSession } from '../../../src/ssh/session/open-session.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';

/**
 * Logs in, runs `true`, and logs out. By then the server's keys have been heard, as the answer to a later request has
 * come. Gives the fingerprint of the host key; rejects with what openSession rejects with.
 */
export async function visit(hop: ResolvedHop, { person = NOBODY }: { person?: Person } = {}): Promise<string> {
  const [verifier, credentials] = await Promise.all([createHostVerifier(hop, { person }), loadCredentials(hop)]);
  const signal = new AbortController().signal;
  const given = { clock: systemClock, signal, verifier, login: createAuthHandler(hop, credentials) };
  const { client, hostKey } = await openSession(connect(hop.port, hop.host), hop, given);
  // A server that closes first may do it with a reset.
  const closed = new Promise((resolve) => client.on('error', () => {}).on('close', () => resolve(null)));
  await new Promise<void>((resolve, reject) => {
    client.exec('true', (error, channel) => {
      if (error) reject(error);
      else channel.on('close', () => resolve()).resume();
    });
  });
  client.end();
  await closed;
  return hostKey;
}
