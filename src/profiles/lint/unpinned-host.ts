import { matchesPatterns } from '../../model/host-patterns.ts';
import { hostText } from '../../model/deeds/host-looks.ts';
import { type Hop, printHop, type Profile } from '../../model/profile.ts';
import { each, findingAt, type Linted, type LintFinding } from './linted.ts';

/**
 * Of what others share: a hop whose host key nobody has written down, so that everybody's first login is a guess. What is
 * in the user's own known_hosts is not looked at here: `tunnels doctor` does, and asks the server.
 */
export const unpinnedHost = each((profile: Linted): readonly LintFinding[] => {
  const { hops, ssh } = profile.loaded.profile;
  if (!profile.source.needsTrust) return [];
  return hops.flatMap((hop, index) => (isKnown(hop, ssh) ? [] : [unpinned(profile, hop, index)]));
});

function unpinned(profile: Linted, hop: Hop, index: number): LintFinding {
  return findingAt(profile, ['hops', index], {
    rule: 'unpinned-host',
    severity: 'note',
    text: `The host key of ${hostText(printHop(hop))} is not written down.`,
    why: 'Whoever logs in there for the first time has to guess whether it is the right server.',
    fix: `Pin it, hostKey: SHA256:..., or put its line into a known_hosts beside the profiles: ssh-keyscan${hop.port === null ? '' : ` -p ${hop.port}`} ${hop.host}; compare it at the server first.`,
  });
}

/** Hashed names cannot be read; authorities vouch for servers that nobody has named. */
function isKnown({ host, port, hostKey }: Hop, { knownHosts }: Profile['ssh']): boolean {
  if (hostKey.length > 0) return true;
  const names = [host.toLowerCase(), `[${host.toLowerCase()}]:${port ?? 22}`];
  return (knownHosts?.text ?? '').split('\n').some((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '@revoked' || words.length < 3) return false;
    const hosts = words[0] === '@cert-authority' ? words[1] : words[0];
    return hosts !== undefined && (hosts.startsWith('|') || names.some((name) => matchesPatterns(name, hosts.toLowerCase().split(','))));
  });
}
