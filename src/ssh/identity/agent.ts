import type { Socket } from 'node:net';
import ssh2, { type GetStreamCallback, type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';

export type AgentDeadlines = {
  /** How long the agent may take to name its keys, in ms. */
  readonly listMs: number;
  /** How long a signature may take, in ms: a person may have to confirm it or touch a token. */
  readonly signMs: number;
};

export const AGENT_DEADLINES: AgentDeadlines = { listMs: 5_000, signMs: 60_000 };

/** The agent's keys of the kinds that ssh2 knows; null where no agent answers in time. */
export function listAgentKeys(socket: string, { listMs }: AgentDeadlines): Promise<readonly ParsedKey[] | null> {
  return new Promise((resolve) => {
    new TimedAgent(socket, listMs).getIdentities((error, keys) => {
      resolve(error || keys === undefined ? null : (keys as ParsedKey[]));
    });
  });
}

/** ssh2 waits for an agent for ever; this ends a request's connection when nothing comes for so long. */
class TimedAgent extends ssh2.OpenSSHAgent {
  readonly #ms: number;

  constructor(socket: string, ms: number) {
    super(socket);
    this.#ms = ms;
  }

  override getStream(cb: GetStreamCallback): void {
    super.getStream((error, stream) => {
      const socket = stream as Socket | undefined;
      socket?.setTimeout(this.#ms, () => socket.destroy());
      cb(error, stream);
    });
  }
}

/**
 * One key of an agent, as ssh2 wants it: ssh2 by itself would offer every key that the agent has.
 *
 * Trap: where signing fails, ssh2 emits `error` with `level: 'agent'` on the client and then goes on to the next
 * method. That error must not be taken for the end of the connection.
 */
export class AgentKey extends ssh2.BaseAgent {
  readonly #key: ParsedKey;
  readonly #agent: TimedAgent;

  constructor(key: ParsedKey, given: { readonly socket: string; readonly deadlines: AgentDeadlines }) {
    super();
    this.#key = key;
    this.#agent = new TimedAgent(given.socket, given.deadlines.signMs);
  }

  override getIdentities(cb: IdentityCallback): void {
    cb(null, [this.#key]);
  }

  /** (key, data, options?, callback), as in BaseAgent. */
  override sign(...args: readonly unknown[]): void {
    const all = typeof args[2] === 'function' ? [args[0], args[1], {}, args[2]] : args;
    const [key, data, options, answer] = all as unknown as SignArguments;
    this.#agent.sign(key, data, options, (error, signature) => {
      try {
        answer?.(error, signature);
      } catch (thrown) {
        // ssh2 throws at a malformed signature, here, inside a socket's event, where it would end the process.
        answer?.(thrown instanceof Error ? thrown : new Error('malformed signature'));
      }
    });
  }
}

type SignArguments = readonly [key: ParsedKey | Buffer | string, data: Buffer, options: SigningRequestOptions, cb?: SignCallback];
