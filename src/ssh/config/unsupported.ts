import type { Hop } from '../../model/profile.ts';
import type { Answer } from './answer.ts';
import { configInvalid } from './config-invalid.ts';

/** Said where ssh_config asks for something that would change whom we reach, trust or log in as, and that is not there yet. */
const UNSUPPORTED: Readonly<Record<string, { readonly name: string; readonly harmless: readonly string[] }>> = {
  proxycommand: { name: 'ProxyCommand', harmless: ['none'] },
  bindaddress: { name: 'BindAddress', harmless: [] },
  bindinterface: { name: 'BindInterface', harmless: [] },
  certificatefile: { name: 'CertificateFile', harmless: ['none'] },
  knownhostscommand: { name: 'KnownHostsCommand', harmless: ['none'] },
  revokedhostkeys: { name: 'RevokedHostKeys', harmless: ['none'] },
  pubkeyauthentication: { name: 'PubkeyAuthentication no', harmless: ['yes', 'true', 'unbound', 'host-bound'] },
};

/** Throws `ssh-config-invalid`: what cannot be obeyed is never passed over in silence. */
export function refuseUnsupported(hop: Hop, answer: Answer): void {
  for (const [key, { name, harmless }] of Object.entries(UNSUPPORTED)) {
    const asked = answer.get(key)?.some((value) => !harmless.includes(value.toLowerCase()));
    if (asked)
      throw configInvalid(
        hop,
        `it sets ${name}, which tunnels cannot do yet. Take it out for this host, or name the way in the profile's hops.`,
      );
  }
}
