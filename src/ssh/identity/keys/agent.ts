import type { AgentTrouble } from '../../../model/problems/login.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AgentError, askAgent } from './agent-client.ts';
import { typeOfKey } from '../host-keys/host-key.ts';
import { type SessionProof, type Signer, SigningFailed, type SignTrouble } from './login-key.ts';
import { signatureAlgorithmOf } from './signature.ts';
import { readWhole, wireString } from './wire-reader.ts';

export type AgentDeadlines = {
  /** How long the agent may take to name its keys, in ms. */
  readonly listMs: number;
  /** How long a signature may take, in ms: a person may have to confirm it or touch a token. */
  readonly signMs: number;
};

/** Where a person sees that it is his turn; a login's own deadline waits for him. */
export const AGENT_DEADLINES: AgentDeadlines = { listMs: 5_000, signMs: 120_000 };

/** Where nobody does: short enough that the login can go on with another key. */
export const UNATTENDED_DEADLINES: AgentDeadlines = { listMs: 5_000, signMs: 15_000 };

/** A key or certificate that an agent holds. */
export type AgentKey = {
  /** Wire form. */
  readonly blob: Buffer;
  readonly type: string;
  readonly comment: string;
};

export type Agent = { readonly socket: string; readonly deadlines: AgentDeadlines; readonly clock: Clock };

/** What an agent holds, of whatever kind; or why it cannot be used. Never rejects. */
export async function listAgentKeys({ socket, deadlines, clock }: Agent): Promise<readonly AgentKey[] | AgentTrouble> {
  try {
    return keysIn(await askAgent({ socket, messages: [Buffer.from([REQUEST_IDENTITIES])], ms: deadlines.listMs, clock })) ?? 'garbled';
  } catch (error) {
    return error instanceof AgentError ? error.why : 'dead';
  }
}

/** draft-ietf-sshm-ssh-agent section 6.1. */
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const EXTENSION = 27;

/** OpenSSH takes no agent that claims more (authfd.c, MAX_AGENT_IDENTITIES). */
const MOST_KEYS = 2048;

const keysIn = (answer: Buffer): AgentKey[] | null =>
  readWhole(answer, (reader) => {
    if (reader.byte() !== IDENTITIES_ANSWER) return null;
    const count = reader.uint32();
    if (count > MOST_KEYS) return null;
    const keys = Array.from({ length: count }, () => ({ blob: reader.string(), comment: printable(reader.string()) }));
    return keys.flatMap(({ blob, comment }) => {
      const type = typeOfKey(blob);
      return type === null ? [] : [{ blob, type, comment }];
    });
  });

/** A comment is shown to people, and anybody may have written it. */
const printable = (comment: Buffer): string => comment.toString('utf8').replace(/\p{C}/gu, '').slice(0, 200);

export type HeldKey = {
  /** Of the key or certificate that the agent holds. */
  readonly blob: Buffer;
  /** Shows a person that it is his turn, until the returned function is called. */
  readonly showTurn: () => () => void;
};

/**
 * Signs with a key in an agent; the signature is passed on as it is. A security key waits for a touch from the beginning,
 * and any agent may ask whether it may sign: a signature that does not come at once is shown too.
 */
export function agentSigner({ socket, deadlines, clock }: Agent, { blob, showTurn }: HeldKey): Signer {
  return async (data, { algorithm, signal, session }) => {
    const request = Buffer.concat([Buffer.from([SIGN_REQUEST]), wireString(blob), wireString(data), flagsFor(algorithm)]);
    const done = showSoon(algorithm.startsWith('sk-') ? 0 : AT_ONCE_MS, { clock, showTurn });
    try {
      return signatureIn(await askAgent({ socket, messages: [bindTo(session), request], ms: deadlines.signMs, clock, signal }), algorithm);
    } catch (error) {
      if (error instanceof AgentError) throw new SigningFailed(TROUBLES[error.why], { cause: error });
      throw error;
    } finally {
      done();
    }
  };
}

/**
 * OpenSSH's PROTOCOL.agent section 1: for keys that are only for certain servers (ssh-add -h) the agent must know which one
 * this is. An agent that does not know the request says no, and signs all the same.
 */
const bindTo = ({ hostKey, id, signature }: SessionProof): Buffer =>
  Buffer.concat([
    Buffer.from([EXTENSION]),
    ...['session-bind@openssh.com', hostKey, id, signature].map(wireString),
    // Not for an agent that is forwarded.
    Buffer.from([0]),
  ]);

const AT_ONCE_MS = 1_000;

function showSoon(ms: number, { clock, showTurn }: { readonly clock: Clock; readonly showTurn: HeldKey['showTurn'] }): () => void {
  if (ms === 0) return showTurn();
  let end = (): void => {};
  const cancel = clock.after(ms, () => {
    end = showTurn();
  });
  return () => {
    cancel();
    end();
  };
}

/** SSH_AGENT_RSA_SHA2_256 and _512: without them an agent signs with SHA-1. */
function flagsFor(algorithm: string): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeUInt32BE({ 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 }[algorithm] ?? 0);
  return flags;
}

function signatureIn(answer: Buffer, algorithm: string): Buffer {
  const type = answer[0];
  if (type !== SIGN_RESPONSE) throw new SigningFailed('agent-refused');
  const signature = readWhole(answer.subarray(1), (reader) => reader.string());
  // An agent that cannot do what was asked may sign with SHA-1 in its place; the server would refuse that.
  if (signature === null || signatureAlgorithmOf(signature) !== algorithm) throw new SigningFailed('bad-signature');
  return signature;
}

const TROUBLES: Record<AgentTrouble, SignTrouble> = {
  missing: 'agent-gone',
  dead: 'agent-gone',
  denied: 'agent-gone',
  silent: 'agent-silent',
  garbled: 'bad-signature',
};
