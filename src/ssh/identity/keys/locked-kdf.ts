import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

export type KdfGiven = {
  readonly passphrase: string;
  readonly salt: Buffer;
  readonly rounds: number;
  /** Bytes wanted. */
  readonly length: number;
};

/**
 * bcrypt_pbkdf (OpenSSH's PROTOCOL.key), in a thread of its own: with ssh-keygen's usual rounds it takes half a second,
 * which every open connection of the supervisor would have to wait.
 */
export function deriveKey({ passphrase, salt, rounds, length }: KdfGiven, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const workerData = { library: kdfLibrary(), passphrase: Buffer.from(passphrase), salt: Buffer.from(salt), rounds, length };
  const worker = new Worker(SOURCE, { eval: true, workerData, execArgv: [], env: {} });
  const abort = (): void => void worker.terminate();
  signal.addEventListener('abort', abort, { once: true });
  const derived = new Promise<Buffer>((resolve, reject) => {
    worker.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes)));
    worker.once('error', reject);
    worker.once('exit', () => reject(signal.aborted ? signal.reason : new Error('the derivation of a key ended early')));
  });
  return derived.finally(() => signal.removeEventListener('abort', abort));
}

/** As text, since a bundle has no file that a thread could be started from. */
const SOURCE = `
const { parentPort, workerData: { library, passphrase, salt, rounds, length } } = require('node:worker_threads');
const key = new Uint8Array(length);
require(library).pbkdf(passphrase, passphrase.length, salt, salt.length, key, length, rounds);
parentPort.postMessage(key);
`;

/** The one that ssh2 itself brings. */
const kdfLibrary = (): string => createRequire(createRequire(import.meta.url).resolve('ssh2')).resolve('bcrypt-pbkdf');
