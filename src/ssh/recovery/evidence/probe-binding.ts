import type { Duplex } from 'node:stream';
import { type Address, isSocket, LOOPBACK } from '../../../model/address.ts';
import type { ProbeAnswer } from '../../../model/binding.ts';
import { deferred } from '../../../platform/deferred.ts';
import { type SftpGiven as ProbeGiven, within } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';
import { ChannelRefused } from '../../session/open-channel.ts';

/** How long a connection is listened to: a live session's target refuses within 45 ms where the network is near. */
const LISTEN_MS = 300;

const PROHIBITED = 1;
const CONNECT_FAILED = 2;

/**
 * One connection from the hop to a binding of its own, closed again at once. For a stale session it is the poke as well: its
 * sshd has something to say to its dead client now. Never rejects but with the signal's reason.
 */
export async function probeBinding(remote: Pick<Remote, 'openRaw'>, address: Address, given: ProbeGiven): Promise<ProbeAnswer> {
  given.signal.throwIfAborted();
  const opening = remote.openRaw(reachable(address));
  try {
    const channel = await within(given, opening);
    return await within(given, listenTo(channel, given));
  } catch (error) {
    given.signal.throwIfAborted();
    return refusal(error);
  } finally {
    opening.then(
      (channel) => channel.destroy(),
      () => {},
    );
  }
}

/** What a listener on every address answers at. */
function reachable(address: Address): Address {
  if (isSocket(address)) return address;
  const { host, port } = address;
  if (host === '::') return { host: '::1', port };
  return host === '' || host === '*' || host === '0.0.0.0' ? { host: LOOPBACK, port } : address;
}

async function listenTo(channel: Duplex, { clock }: ProbeGiven): Promise<ProbeAnswer> {
  const heard = deferred<ProbeAnswer>();
  const cancel = clock.after(LISTEN_MS, () => heard.resolve('silent'));
  channel.once('data', () => heard.resolve('talks'));
  for (const event of ['end', 'close', 'error']) channel.once(event, () => heard.resolve('ended'));
  try {
    return await heard.promise;
  } finally {
    cancel();
  }
}

/** RFC 4254 section 5.1. Everything else, such as a lack of resources, says nothing of the binding. */
function refusal(error: unknown): ProbeAnswer {
  const reason = error instanceof ChannelRefused ? error.reason : null;
  if (reason === CONNECT_FAILED) return 'nothing-listens';
  return reason === PROHIBITED ? 'prohibited' : 'no-answer';
}
