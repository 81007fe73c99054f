import { createConnection, type Socket } from 'node:net';
import type { AgentTrouble } from '../../../model/problems/login.ts';
import type { Clock } from '../../../platform/clock.ts';

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly why: AgentTrouble;

  constructor(why: AgentTrouble, options?: ErrorOptions) {
    super(why, options);
    this.why = why;
  }
}

export type AgentRequest = {
  /** Path of the agent's socket, or of its named pipe on Windows. */
  readonly socket: string;
  /** Type and contents of each message, one at a time; the answer to the last is given. */
  readonly messages: readonly [Buffer, ...Buffer[]];
  /** How long it may take to answer, all in all. */
  readonly ms: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
};

/**
 * Asks an agent (draft-ietf-sshm-ssh-agent section 3), over a connection of its own: an agent
 * that was started anew at the same path is found. Rejects with AgentError, or with the signal's reason.
 */
export async function askAgent({ socket: path, messages, ms, clock, signal }: AgentRequest): Promise<Buffer> {
  signal?.throwIfAborted();
  const socket = createConnection(path);
  const cancel = clock.after(ms, () => socket.destroy(new AgentError('silent')));
  const abort = (): void => void socket.destroy(new AgentError('silent'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await converse(socket, messages);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AgentError ? error : new AgentError(troubleOf(error), { cause: error });
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** Whether anybody listens at an agent's socket; that he will answer is not said. Never rejects. */
export function isAgentListening(path: string, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const cancel = clock.after(LISTENING_MS, () => socket.destroy());
    socket
      .once('error', () => {})
      .once('connect', () => {
        resolve(true);
        socket.destroy();
      });
    socket.once('close', () => {
      cancel();
      resolve(false);
    });
  });
}

/** The kernel takes a connection at once, unless its queue is full of others that nobody takes. */
const LISTENING_MS = 1_000;

/** OpenSSH takes no longer answer (authfd.c, MAX_AGENT_REPLY_LEN). */
const LONGEST_ANSWER = 256 * 1024;

async function converse(socket: Socket, [first, ...later]: AgentRequest['messages']): Promise<Buffer> {
  const send = (message: Buffer): void => void socket.write(Buffer.concat([lengthOf(message), message]));
  send(first);
  const answer = Buffer.alloc(4 + LONGEST_ANSWER);
  let got = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    got += chunk.copy(answer, got);
    if (got < 4) continue;
    const length = answer.readUInt32BE(0);
    if (length === 0 || length > LONGEST_ANSWER) throw new AgentError('garbled');
    if (got < 4 + length) continue;
    const next = later.shift();
    if (next === undefined) return Buffer.from(answer.subarray(4, 4 + length));
    // Each answer follows its request, so there can be nothing after it yet.
    got = 0;
    send(next);
  }
  // An agent that is locked or does not know a request says so; one that hangs up does not speak this protocol, or has ended.
  throw new AgentError('garbled');
}

function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return length;
}

function troubleOf(error: unknown): AgentTrouble {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'missing';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    case 'EPIPE':
    case 'ECONNRESET':
      return 'garbled';
    default:
      return 'dead';
  }
}
