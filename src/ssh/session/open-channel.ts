import type { Duplex } from 'node:stream';
import type { Channel, Client, ClientChannel, SFTPWrapper } from 'ssh2';
import { type Address, isSocket, LOOPBACK, printAddress, type TcpAddress } from '../../model/address.ts';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import { deferred } from '../../platform/deferred.ts';

/**
 * Opens direct-tcpip (RFC 4254 section 7.2) or direct-streamlocal@openssh.com (OpenSSH PROTOCOL, 2.4). Whoever asks has to
 * listen to the channel's 'error' at once.
 */
export function openChannel(client: Client, to: Address, origin: TcpAddress | null): Promise<Channel> {
  const opened = deferred<Channel>();
  const done = (error: (Error & { reason?: unknown }) | undefined, channel: Channel): void => {
    if (error) opened.reject(refusedBy(error));
    else opened.resolve(channel);
  };
  if (isSocket(to)) client.openssh_forwardOutStreamLocal(to.path, done);
  else client.forwardOut(origin?.host ?? LOOPBACK, origin?.port ?? 0, to.host, to.port, done);
  return opened.promise;
}

/** A session channel that runs a command (RFC 4254 section 6.5). */
export async function openExec(client: Client, command: string): Promise<ClientChannel> {
  const opened = deferred<ClientChannel>();
  client.exec(command, (error, channel) => (error ? opened.reject(refusedBy(error)) : opened.resolve(channel)));
  const channel = await opened.promise;
  channel.on('error', () => {});
  return channel;
}

export async function openSftp(client: Client): Promise<SFTPWrapper> {
  const opened = deferred<SFTPWrapper>();
  client.sftp((error, sftp) => (error ? opened.reject(refusedBy(error)) : opened.resolve(sftp)));
  const sftp = await opened.promise;
  sftp.on('error', () => {});
  return sftp;
}

const refusedBy = (error: Error & { reason?: unknown }): ChannelRefused =>
  new ChannelRefused(typeof error.reason === 'number' ? error.reason : null, { cause: error });

/** SSH_MSG_CHANNEL_OPEN_FAILURE with its reason code (RFC 4254 section 5.1), or null where there was none. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused';
  readonly reason: number | null;
  constructor(reason: number | null, options?: ErrorOptions) {
    super('channel refused', options);
    this.reason = reason;
  }
}

const PROHIBITED = 1;
const CONNECT_FAILED = 2;
export const RESOURCE_SHORTAGE = 4;

export function problemOfTarget(error: unknown, to: Address, from: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  const about = { to: printAddress(to), from };
  const reason = error instanceof ChannelRefused ? error.reason : null;
  if (reason === PROHIBITED) return problem('target-not-allowed', about);
  if (reason === CONNECT_FAILED) return problem('target-refused', about);
  if (reason === RESOURCE_SHORTAGE) return problem('target-no-room', about);
  return problem('target-failed', { ...about, code: reason === null ? 'CLOSED' : `reason ${reason}` });
}

export function problemOfNextHop(error: unknown, hop: { host: string; port: number }, via: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  const about = { host: hop.host, port: hop.port, via };
  return error instanceof ChannelRefused && error.reason === PROHIBITED
    ? problem('hop-not-allowed', about)
    : problem('hop-unreachable', about);
}

/** Ends a channel of a lost link, as nothing will ever come on it again; ssh2's own destroy() would wait for the server. */
export function breakChannel(channel: Duplex, error: Error): void {
  // Duplex.prototype, because ssh2's Channel overrides destroy() with a polite goodbye.
  (Object.getPrototypeOf(Object.getPrototypeOf(channel)) as Duplex).destroy.call(channel, error);
}
