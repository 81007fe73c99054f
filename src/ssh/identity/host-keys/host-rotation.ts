import { chmod, link, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { HostKeyOffer } from '../../extensions/offered-host-keys.ts';
import type { OnRemark } from '../../remark.ts';
import type { ResolvedHop } from '../../types.ts';
import { allowsType } from './host-key-algorithms.ts';
import { printKey, typeOfKey } from './host-key.ts';
import { nameOfHop } from './known-keys.ts';
import { parseKnownHosts } from './known-hosts.ts';
import { printKnownHost } from './known-hosts-append.ts';
import { unwritable } from './known-hosts-unwritable.ts';
import { planUpdate, rewriteKnownHosts, type UserFile } from './known-hosts-update.ts';
import { pinsOf } from './pinned-keys.ts';
import { isSignedBy, signatureAlgorithmOf } from '../keys/signature.ts';
import { readWhole, wireString } from '../keys/wire-reader.ts';

/**
 * UpdateHostKeys (ssh_config(5)): adds the keys that the server has and can prove, and takes away those that it has no
 * more, so that it can change its key without anybody having to be asked. Only for a server whose key is in one of the
 * user's files, or was accepted by a person. `ask` changes nothing: nobody sits at a tunnel for that.
 */
export async function updateHostKeys(hop: ResolvedHop, offer: HostKeyOffer, onRemark: OnRemark = () => {}): Promise<void> {
  if (hop.trust.update !== 'yes' || pinsOf(hop) !== null) return;
  const offered = acceptableKeys(hop, offer);
  const files = await readUserFiles(hop);
  const plan = offered.length === 0 ? null : planUpdate({ files, name: nameOfHop(hop), offered });
  if (plan === null) return;
  const unproven = plan.fresh.length === 0 ? [] : await unprovenOf(offer, plan.fresh);
  if (unproven === null) return;
  const keys = offered.filter((key) => !unproven.includes(key));
  const [first] = hop.knownHosts.userFiles;
  for (const file of hop.knownHosts.userFiles) {
    await updateFile(file, { hop, keys: file === first ? keys : [], onRemark }).catch((error: unknown) =>
      onRemark({ is: 'trouble', problem: unwritable(hop, { file, error, what: 'changed' }) }),
    );
  }
}

/** Empty where one comes twice, as then the list is not to be believed. */
function acceptableKeys(hop: ResolvedHop, { keys }: HostKeyOffer): readonly Buffer[] {
  const known = keys.filter((key) => {
    const type = typeOfKey(key);
    return type !== null && !type.includes('-cert-') && allowsType(type, hop.algorithms.hostKey);
  });
  return new Set(known.map((key) => key.toString('base64'))).size === known.length ? known : [];
}

async function readUserFiles({ knownHosts: { userFiles } }: ResolvedHop): Promise<readonly UserFile[]> {
  const read = (file: string) =>
    readFile(file, 'latin1').then(
      (text) => [{ file, text }],
      () => [],
    );
  return (await Promise.all(userFiles.map(read))).flat();
}

/**
 * The keys that are to be left alone, as they were signed for with SHA-1; null: one of the proofs is wrong, or there is
 * one too many or too few, and then nothing is to be changed (clientloop.c, client_global_hostkeys_prove_confirm).
 */
async function unprovenOf(offer: HostKeyOffer, keys: readonly Buffer[]): Promise<readonly Buffer[] | null> {
  const answer = await offer.prove(keys);
  const signatures = answer && readWhole(answer, (reader) => reader.all((one) => one.string()));
  if (signatures === null || signatures.length !== keys.length) return null;
  const proofs = keys.map((key, at) => ({ key, signature: signatures[at] ?? Buffer.alloc(0) }));
  const weak = proofs.filter(({ signature }) => signatureAlgorithmOf(signature) === 'ssh-rsa');
  const sound = proofs.filter((proof) => !weak.includes(proof));
  const allProven = sound.every(({ key, signature }) => isSignedBy(key, { signature, signed: statementOf(key, offer) }));
  return allProven ? weak.map(({ key }) => key) : null;
}

const statementOf = (key: Buffer, { session }: HostKeyOffer): Buffer =>
  Buffer.concat([wireString('hostkeys-prove-00@openssh.com'), wireString(session), wireString(key)]);

/** Another process may write at the same time; then what was read is old, and it is begun anew. */
const MOST_TRIES = 5;

type Update = { readonly hop: ResolvedHop; readonly keys: readonly Buffer[]; readonly onRemark: OnRemark };

async function updateFile(file: string, update: Update): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) if (await tryUpdate(file, update)) return;
}

/** False: the file was changed meanwhile. */
async function tryUpdate(file: string, { hop, keys, onRemark }: Update): Promise<boolean> {
  // Where it is a link, what it points to is replaced, and not the link.
  const path = await realpath(file).catch(() => null);
  if (path === null || !(await stat(path)).isFile()) return true;
  const text = await readFile(path, 'latin1');
  const name = nameOfHop(hop);
  const wanted = rewriteKnownHosts(text, { name, keys, print: (key) => printKnownHost({ name, key, hash: hop.trust.hash }) });
  if (wanted === text) return true;
  if (!(await replaceFile(path, { text, wanted }))) return false;
  const { host, port } = hop;
  onRemark({ is: 'host-keys-updated', host, port, file, added: keysOnlyIn(wanted, text), gone: keysOnlyIn(text, wanted) });
  return true;
}

function keysOnlyIn(one: string, other: string): string[] {
  const there = new Set(other.split('\n'));
  return parseKnownHosts(
    one
      .split('\n')
      .filter((line) => !there.has(line))
      .join('\n'),
  ).map(({ blob }) => printKey(blob));
}

/** As hostfile_replace_entries does: the old file stays as `.old`, and at no time is there half a file. */
async function replaceFile(path: string, { text, wanted }: { text: string; wanted: string }): Promise<boolean> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(temporary, wanted, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
    await chmod(temporary, (await stat(path)).mode & 0o777);
    if ((await readFile(path, 'latin1')) !== text) return false;
    await rm(`${path}.old`, { force: true });
    await link(path, `${path}.old`);
    await rename(temporary, path);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}
