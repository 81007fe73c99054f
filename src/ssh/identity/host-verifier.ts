import type { ServerHostKeyAlgorithm } from 'ssh2';
import { judgeHostKey, type HostKey, type HostKeyVerdict } from '../../decide/judge-host-key.ts';
import { assertNever } from '../../model/result.ts';
import { problem, type Problem } from '../../model/problem.ts';
import type { ResolvedHop } from '../types.ts';
import { hostKeyAlgorithms } from './host-key-algorithms.ts';
import { describeKey } from './host-key.ts';
import { loadKnownKeys, type KnownKeys } from './known-keys.ts';

/** For one connection attempt: the files are read anew for each, so that a person's correction counts at once. */
export type HostVerifier = {
  /** For ssh2's `algorithms.serverHostKey`. */
  readonly algorithms: ServerHostKeyAlgorithm[];
  /** Null: trusted. Otherwise `host-key-unknown`, `-changed`, `-revoked` or `-not-pinned`. */
  verify(key: Buffer): Problem | null;
};

export async function createHostVerifier(hop: ResolvedHop): Promise<HostVerifier> {
  const keys = await loadKnownKeys(hop);
  return {
    algorithms: hostKeyAlgorithms(preferredKeys(hop, keys)),
    verify(key) {
      const offered = describeKey(key);
      return toProblem(judge(offered, { hop, keys }), { hop, keys, offered });
    },
  };
}

type Known = { readonly hop: ResolvedHop; readonly keys: KnownKeys };

/** A pin does not say its key's type; where known_hosts has that key, this does. */
function preferredKeys({ knownHosts: { pins } }: ResolvedHop, { known, withoutPort, revoked }: KnownKeys): readonly HostKey[] {
  const usable = (known.length > 0 ? known : withoutPort).filter((key) => !revoked.some((bad) => bad.blob === key.blob));
  return pins.length > 0 ? usable.filter((key) => pins.includes(key.fingerprint)) : usable;
}

function judge(offered: HostKey, { hop, keys }: Known): HostKeyVerdict {
  const verdict = judgeHostKey({ offered, known: keys.known, revoked: keys.revoked, pins: hop.knownHosts.pins });
  const knownWithoutPort = verdict.is === 'unknown' && keys.known.length === 0 && keys.withoutPort.some((key) => key.blob === offered.blob);
  return knownWithoutPort ? { is: 'trusted' } : verdict;
}

function toProblem(verdict: HostKeyVerdict, { hop, keys, offered }: Known & { readonly offered: HostKey }): Problem | null {
  const facts = { host: hop.host, port: hop.port, type: offered.type, fingerprint: offered.fingerprint };
  switch (verdict.is) {
    case 'trusted':
      return null;
    case 'revoked':
      return problem('host-key-revoked', { ...facts, file: verdict.by.file, line: verdict.by.line });
    case 'not-pinned':
      return problem('host-key-not-pinned', { ...facts, pins: hop.knownHosts.pins.join(', ') });
    case 'changed': {
      const { type, fingerprint, file, line } = verdict.known;
      return problem('host-key-changed', { ...facts, known: `${type} ${fingerprint}`, file, line });
    }
    case 'unknown':
      return problem('host-key-unknown', { ...facts, files: placesLookedIn({ hop, keys }) });
    default:
      return assertNever(verdict);
  }
}

/** The files, with what was odd about each: unreadable, or holding keys of other types for this host. */
function placesLookedIn({ hop, keys }: Known): string {
  const files = [...hop.knownHosts.userFiles, ...hop.knownHosts.systemFiles];
  if (files.length === 0) return 'no file (none is configured)';
  const remark = (file: string): string => {
    const unreadable = keys.unreadable.find((one) => one.file === file);
    if (unreadable !== undefined) return ` (cannot be read: ${unreadable.code})`;
    const others = keys.known.filter((key) => key.file === file).map((key) => `${key.type} ${key.fingerprint}`);
    return others.length === 0 ? '' : ` (knows this host by ${others.join(', ')})`;
  };
  return files.map((file) => file + remark(file)).join(', ');
}
