import type { Client, ParsedKey } from 'ssh2';
import { OVER } from '../../platform/over.ts';
import { chooseAlgorithm, signatureNameOf } from '../identity/keys/key-algorithms.ts';
import { type LoginKey, type SessionProof, type Signing, SigningFailed } from '../identity/keys/login-key.ts';
import { wireString } from '../identity/keys/wire-reader.ts';
import { serverVersion } from '../session/internals.ts';
import { requireShape, UnknownSsh2 } from './guard.ts';
import { sendMessage } from './send-message.ts';
import { parseKey } from './ssh2.ts';

/*
 * Public-key logins (RFC 4252 section 7) with any key and any holder of it.
 *
 * ssh2 knows three kinds of keys, no certificates, and only signatures that are one string; an agent's key makes it lose
 * what the server answers. Here a login goes by its method `publickey` with a key of our own that ssh2 takes for one of
 * its own: it asks the server first, and when the server would take the key, the signature comes from the key's holder,
 * however long that takes, and is sent as it is.
 */

const LOGIN_KEY = Symbol('login key');

/** For `key` in an `authHandler`'s answer of type `publickey`. Works only where `extendPublicKeyAuth` was called. */
export function toSsh2Key(key: LoginKey): ParsedKey {
  return Object.assign(Object.create(OURS) as ParsedKey, { [LOGIN_KEY]: key });
}

const SOME_KEY = `ssh-ed25519 ${Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32, 1))]).toString('base64')}`;

/** What ssh2 takes for a parsed key is told by a symbol that it keeps to itself; a key made from one inherits it. */
const OURS = Object.create(requireShape<object>('utils.parseKey(...)', parseKey(SOME_KEY), { getPublicSSH: 'function' }), {
  // Never `ssh-rsa`, for which ssh2 would choose algorithms by itself.
  type: { get: ofLoginKey(({ algorithms }) => algorithms[0]) },
  isPrivateKey: { value: () => true },
  getPublicSSH: { value: ofLoginKey(({ blob }) => blob) },
}) as object;

/** Null once the login is done: ssh2 keeps the key that it was done with. */
type Ssh2Key = { [LOGIN_KEY]?: LoginKey | null };

function ofLoginKey<T>(part: (key: LoginKey) => T) {
  return function ofThis(this: Ssh2Key): T | undefined {
    const key = this[LOGIN_KEY];
    return key ? part(key) : undefined;
  };
}

type Handler = (...args: unknown[]) => void;
type Extension = { readonly name: string; readonly algs: readonly string[] };
/** (username, key, algorithm?, sign?): asks about the key where `sign` is left out. */
type AuthPk = (...args: readonly [username: string, key: object, algorithm?: string, sign?: unknown]) => void;

/** What is used of ssh2's client and protocol, which is not part of its interface. */
type Internals = {
  readonly _protocol: {
    authPK: AuthPk;
    readonly _kex?: { readonly sessionID?: Buffer; readonly _sig?: Buffer };
    _hostVerifier: (...args: unknown[]) => unknown;
    readonly _authsQueue: string[];
    readonly _packetRW: unknown;
    readonly _handlers: Record<string, Handler | undefined>;
  };
};

/** To be called once for each client, right after its `connect`. */
export function extendPublicKeyAuth(client: Client): void {
  const { _protocol: protocol } = internalsOf(client);
  const { authPK: authPk } = protocol;
  const serverTakes = listenForAlgorithms(client);
  const goOn = listenForRefusals(client);
  const session = listenForProof(client);
  const gone = new AbortController();
  const leave = (): void => gone.abort(OVER);
  let last: Ssh2Key = {};
  client.once('close', leave).once('ready', () => {
    client.off('close', leave);
    protocol.authPK = authPk;
    last[LOGIN_KEY] = null;
  });
  protocol.authPK = (...args) => {
    const [username, ssh2Key, , sign] = args;
    const key = (ssh2Key as Ssh2Key)[LOGIN_KEY];
    if (!key) return authPk.call(protocol, ...args);
    last = ssh2Key;
    const failed = (error: unknown): void => {
      if (gone.signal.aborted) return;
      if (error instanceof UnknownSsh2) return void client.emit('error', error);
      key.onFailure(error instanceof SigningFailed ? error.why : 'bad-signature');
      goOn();
    };
    const algorithm = chooseAlgorithm(key.algorithms, serverTakes());
    if (algorithm === null) return process.nextTick(failed, new SigningFailed('no-common-algorithm'));
    if (sign === undefined) return authPk.call(protocol, username, ssh2Key, algorithm);
    signed({ key, username, algorithm, session: session(), signal: gone.signal })
      .then((payload) => gone.signal.aborted || send(protocol, payload))
      .catch(failed);
  };
}

/** The server's `server-sig-algs` (RFC 8308 section 3.1), as far as it has sent them; null: it has not. */
function listenForAlgorithms(client: Client): () => readonly string[] | null {
  const { _protocol: protocol } = internalsOf(client);
  let algorithms: readonly string[] | null = null;
  const inner = protocol._handlers['EXT_INFO'];
  protocol._handlers['EXT_INFO'] = (self, extensions) => {
    algorithms = (extensions as Extension[]).find(({ name }) => name === 'server-sig-algs')?.algs ?? algorithms;
    inner?.(self, extensions);
  };
  return () => algorithms ?? (serverVersion(client).startsWith('OpenSSH_7.4') ? UNSAID : null);
}

/** OpenSSH 7.4 takes them and does not say so (its compat.c). */
const UNSAID = ['rsa-sha2-512', 'rsa-sha2-256'];

/** For a key that ends here, unseen by the server: its last answer is given again, so that ssh2 goes on to the next. */
function listenForRefusals(client: Client): () => void {
  const { _handlers: handlers } = internalsOf(client)._protocol;
  const inner = handlers['USERAUTH_FAILURE'];
  let last: readonly unknown[] = [null, null];
  handlers['USERAUTH_FAILURE'] = (self, ...answer) => {
    last = answer;
    inner?.(self, ...answer);
  };
  return () => inner?.(internalsOf(client)._protocol, ...last);
}

/** What the server has proven in the first key exchange; ssh2 forgets it at its end. */
function listenForProof(client: Client): () => SessionProof {
  const { _protocol: protocol } = internalsOf(client);
  const inner = protocol._hostVerifier;
  let proof: Omit<SessionProof, 'id'> | null = null;
  protocol._hostVerifier = (...args) => {
    const { _sig: signature } = requireShape<{ _sig: Buffer }>('KeyExchange', protocol._kex, { _sig: 'buffer' });
    const [hostKey] = args;
    // Copies, as both lie in a packet whose memory is used again.
    if (Buffer.isBuffer(hostKey)) proof ??= { hostKey: Buffer.from(hostKey), signature: Buffer.from(signature) };
    return inner(...args);
  };
  client.once('ready', () => {
    protocol._hostVerifier = inner;
    proof = null;
  });
  return () => {
    const { sessionID: id } = requireShape<{ sessionID: Buffer }>('KeyExchange', protocol._kex, { sessionID: 'buffer' });
    if (proof === null) throw new UnknownSsh2('ssh2 has logged in without a host key');
    return { id, ...proof };
  };
}

type Signed = { readonly key: LoginKey; readonly username: string; readonly algorithm: string } & Pick<Signing, 'session' | 'signal'>;

/** The request with its signature, which is made over the session's identifier and all that comes before it. */
async function signed({ key, username, algorithm, session, signal }: Signed): Promise<Buffer> {
  const unsigned = Buffer.concat([
    Buffer.from([USERAUTH_REQUEST]),
    ...[username, 'ssh-connection', 'publickey'].map(wireString),
    Buffer.from([1]),
    wireString(algorithm),
    wireString(key.blob),
  ]);
  const signing = { algorithm: signatureNameOf(algorithm), session, signal };
  const signature = await key.sign(Buffer.concat([wireString(session.id), unsigned]), signing);
  return Buffer.concat([unsigned, wireString(signature)]);
}

const USERAUTH_REQUEST = 50;

function send(protocol: Internals['_protocol'], payload: Buffer): void {
  protocol._authsQueue.push('publickey');
  sendMessage(protocol, payload);
}

function internalsOf(client: Client): Internals {
  const inner = client as unknown as Internals;
  const protocol = requireShape<Internals['_protocol']>('Protocol', inner._protocol, {
    authPK: 'function',
    _authsQueue: 'array',
    _hostVerifier: 'function',
    _packetRW: 'object',
    _handlers: 'object',
  });
  requireShape('Protocol._handlers', protocol._handlers, { EXT_INFO: 'function', USERAUTH_FAILURE: 'function' });
  return inner;
}
