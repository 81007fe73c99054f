import { problem, type Problem } from '../../../model/problem.ts';
import type { KeyTrouble } from '../../../model/problems/login.ts';
import type { ResolvedHop } from '../../types.ts';
import { typeOfKey } from '../host-keys/host-key.ts';
import { algorithmsOf, DEFAULT_KEY_ALGORITHMS } from './key-algorithms.ts';
import type { KeyRing } from './key-ring.ts';
import type { Candidate } from './order-keys.ts';
import { readPublicKey } from './public-key.ts';

/** With the public-key algorithms that ssh_config allows for it, never none. */
export type UsableKey = Candidate & { readonly algorithms: readonly string[] };
type RefusedKey = Candidate & { readonly trouble: KeyTrouble };

/** What ssh_config's PubkeyAcceptedAlgorithms and RequiredRSASize leave, in the same order. */
export function usableKeys({ login }: ResolvedHop, keys: readonly Candidate[]): { usable: UsableKey[]; refused: RefusedKey[] } {
  const accepted = login.keyAlgorithms ?? DEFAULT_KEY_ALGORITHMS;
  const usable: UsableKey[] = [];
  const refused: RefusedKey[] = [];
  for (const key of keys) {
    const algorithms = algorithmsOf(typeOfKey(key.blob) ?? '', accepted);
    if (isTooShort(key.plain, login.leastRsaBits)) refused.push({ ...key, trouble: 'too-short' });
    else if (algorithms.length === 0) refused.push({ ...key, trouble: 'not-accepted' });
    else usable.push({ ...key, algorithms });
  }
  return { usable, refused };
}

function isTooShort(plain: Buffer, least: number): boolean {
  if (typeOfKey(plain) !== 'ssh-rsa') return false;
  return (readPublicKey(plain)?.object.asymmetricKeyDetails?.modulusLength ?? 0) < least;
}

/** A file of a key or certificate. `missed`: the profile or ssh_config asks for it, so that its absence is told. */
export type UnusedKey = {
  readonly missed: boolean;
  readonly trouble: KeyTrouble;
  /** Its public half is known, so that an agent may hold it. */
  readonly isKnown: boolean;
  readonly problem: Problem;
};

type Given = { readonly ring: KeyRing; readonly refused: readonly RefusedKey[]; readonly used: readonly UsableKey[] };

/** Files of keys and certificates that could not be used, and whose key is not tried by another way. */
export function unusedKeys({ host }: ResolvedHop, { ring, refused, used }: Given): UnusedKey[] {
  const isUsed = (plain: Buffer | null): boolean => plain !== null && used.some((key) => key.blob.equals(plain));
  const troubleOf = (plain: Buffer | null): KeyTrouble | null =>
    plain === null ? null : (refused.find(({ blob }) => blob.equals(plain))?.trouble ?? null);
  const files = ring.files.flatMap(({ file, plain, required }) => {
    const why = troubleOf(plain) ?? file.trouble;
    return why === null || isUsed(plain) ? [] : { path: file.path, why, missed: required, isKnown: plain !== null };
  });
  const { listed, beside, unusable } = ring.certificates;
  const certificates = [...listed, ...beside].flatMap(({ blob, label: path }) =>
    isUsed(blob) ? [] : { path, why: troubleOf(blob) ?? ('no-key-for-certificate' as const), missed: true, isKnown: true },
  );
  const broken = unusable.map(({ path, trouble: why }) => ({ path, why, missed: true, isKnown: false }));
  return [...files, ...certificates, ...broken].map(({ path, why, missed, isKnown }) => ({
    missed,
    isKnown,
    trouble: why,
    problem: problem('key-unusable', { host, path, why }),
  }));
}
