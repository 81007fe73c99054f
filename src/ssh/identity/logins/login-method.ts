import type { ResolvedHop } from '../../types.ts';
import { toSsh2Key } from '../../extensions/public-key-auth.ts';
import { type Agent, agentSigner } from '../keys/agent.ts';
import type { Asked } from './asking.ts';
import { certificateRemarks, printRemark } from '../keys/certificate-remarks.ts';
import type { LoginMethod } from './credentials.ts';
import { fileSigner } from '../keys/file-signer.ts';
import { fingerprintOf } from '../host-keys/host-key.ts';
import { LockedKey, type Unlock } from '../keys/locked-key.ts';
import { type Signer, SigningFailed, type SignTrouble } from '../keys/login-key.ts';
import type { Person } from './person.ts';
import type { UsableKey } from '../keys/usable-keys.ts';

export type MethodGiven = {
  readonly hop: ResolvedHop;
  readonly agent: Agent | null;
  readonly person: Person;
  /** Wall clock, ms. */
  readonly now: number;
  readonly unlock: Unlock;
};

/** What to give to ssh2 for a key or certificate. */
export function methodOf(key: UsableKey, given: MethodGiven): LoginMethod {
  const { blob, plain, algorithms } = key;
  let trouble: SignTrouble | null = null;
  const onFailure = (why: SignTrouble): void => {
    trouble = why;
  };
  const ssh2Key = toSsh2Key({ blob, algorithms, sign: signerOf(key, given), onFailure });
  return {
    label: labelOf(key, given),
    fingerprint: fingerprintOf(plain),
    method: { type: 'publickey', username: given.hop.user, key: ssh2Key },
    trouble: () => trouble,
    ...(key.holder.is === 'locked' && { locked: key.holder.path }),
  };
}

/** A locked file whose public half nobody knows: it has to be unlocked before it can be shown. */
export function methodOfUnknown(hop: ResolvedHop, path: string, asked: Asked & { readonly unlock: Unlock }): LoginMethod {
  const locked = new LockedKey(path, { ...asked, tries: hop.login.passwordPrompts });
  const trouble = (): SignTrouble | null => (locked.stayedLocked ? 'locked' : null);
  return { label: path, fingerprint: '', method: { type: 'agent', username: hop.user, agent: locked }, trouble, locked: path };
}

function labelOf({ label, certificate }: UsableKey, { hop, now }: MethodGiven): string {
  const remarks = certificate === null ? [] : certificateRemarks(certificate.certificate, { user: hop.user, now });
  return remarks.length === 0 ? label : `${label} (${remarks.map(printRemark).join(', ')})`;
}

function signerOf({ holder, plain }: UsableKey, { hop, agent, person, unlock }: MethodGiven): Signer {
  const { host, port, user } = hop;
  switch (holder.is) {
    case 'agent': {
      if (agent === null) throw new Error('a key of no agent');
      const key = `${fingerprintOf(plain)}${holder.key.comment && ` (${holder.key.comment})`}`;
      return agentSigner(agent, { blob: holder.key.blob, showTurn: () => person.show({ is: 'touch', key, host, port, user }) });
    }
    case 'file':
      return fileSigner(holder.key);
    case 'locked':
      return lockedSigner(holder.path, { plain, hop, person, unlock });
  }
}

type Locked = { readonly plain: Buffer; readonly hop: ResolvedHop; readonly person: Person; readonly unlock: Unlock };

/** Asks for the passphrase when the server has said that it would take the key. */
function lockedSigner(path: string, { plain, hop, person, unlock }: Locked): Signer {
  return async (data, signing) => {
    const file = { path, fingerprint: fingerprintOf(plain) };
    const key = await unlock(file, { person, signal: signing.signal, tries: hop.login.passwordPrompts });
    if (key === null) throw new SigningFailed('locked');
    return await fileSigner(key)(data, signing);
  };
}
