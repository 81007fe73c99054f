import { matchesPatterns } from '../../model/host-patterns.ts';
import { hostText } from '../../model/deeds/host-looks.ts';
import type { Hop, Profile } from '../../model/profile.ts';
import { each, findingAt, type Linted, type LintFinding, type LintGiven } from './linted.ts';

/**
 * Of what others share: a hop whose host key nobody has written down for them, so that the first login of each of them is a
 * guess. It is the same finding for everybody, whatever the one who looks knows; that is told beside it.
 */
export const unpinnedHost = each((profile: Linted, { own }): readonly LintFinding[] => {
  const { hops, ssh } = profile.loaded.profile;
  if (!profile.source.needsTrust) return [];
  return hops.flatMap((hop, index) => (isWrittenDown(hop, ssh) ? [] : [unpinned({ profile, hop, index, own })]));
});

/** Of one's own profiles: a hop of which neither they nor one's files of ssh have a key, so that the first login asks. */
export const unknownHost = each((profile: Linted, { own }): readonly LintFinding[] => {
  const { hops, ssh } = profile.loaded.profile;
  if (profile.source.needsTrust || own === null) return [];
  return hops.flatMap((hop, index) =>
    isWrittenDown(hop, ssh) || own(hop.host, hop.port) !== 'unknown' ? [] : [unknown({ profile, hop, index })],
  );
});

type AtHop = { readonly profile: Linted; readonly hop: Hop; readonly index: number };

function unpinned({ profile, hop, index, own }: AtHop & LintGiven): LintFinding {
  const known = own?.(hop.host, hop.port) === 'known';
  const line = known ? `ssh-keygen -F ${nameOf(hop)} prints yours` : `ssh-keyscan${hop.port === null ? '' : ` -p ${hop.port}`} ${hop.host}`;
  return findingAt(profile, ['hops', index], {
    rule: 'unpinned-host',
    severity: 'note',
    text: `The host key of ${hostText(nameOf(hop))} is not written down for those who share this.${known ? ' Your own known_hosts has it.' : ''}`,
    why: 'Whoever logs in there for the first time has to guess whether it is the right server.',
    fix: `Pin it, hostKey: SHA256:..., or put its line into a known_hosts beside the profiles: ${line}; compare it at the server first.`,
  });
}

const unknown = ({ profile, hop, index }: AtHop): LintFinding =>
  findingAt(profile, ['hops', index], {
    rule: 'unknown-host',
    severity: 'note',
    text: `Your known_hosts has no key of ${hostText(nameOf(hop))}, and the profile pins none.`,
    why: 'The first login asks whether it is the right server, and where nobody can be asked the tunnel waits for you.',
    fix: `Bring it up once on a terminal and compare the key with the server's, or pin it: hostKey: SHA256:...`,
  });

/** As known_hosts files have it. */
const nameOf = ({ host, port }: Hop): string => (port === null || port === 22 ? host : `[${host}]:${port}`);

/** Hashed names cannot be read; authorities vouch for servers that nobody has named. */
function isWrittenDown({ host, port, hostKey }: Hop, { knownHosts }: Profile['ssh']): boolean {
  if (hostKey.length > 0) return true;
  const names = [host.toLowerCase(), `[${host.toLowerCase()}]:${port ?? 22}`];
  return (knownHosts?.text ?? '').split('\n').some((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '@revoked' || words.length < 3) return false;
    const hosts = words[0] === '@cert-authority' ? words[1] : words[0];
    return hosts !== undefined && (hosts.startsWith('|') || names.some((name) => matchesPatterns(name, hosts.toLowerCase().split(','))));
  });
}
