import { isSocket, printAddress } from '../../../model/address.ts';
import { advice, allWell, type Finding, trouble } from '../../../model/finding.ts';
import { problem } from '../../../model/problem.ts';
import { matchesPattern } from '../../../model/host-patterns.ts';
import type { Allows, ForwardingRules } from '../../../ssh/survey/forwarding-rules.ts';
import type { RemoteFacts } from '../facts.ts';

type ForbiddenBy = 'server-forbids' | 'key-forbids' | 'server-list' | 'key-list';

/** Whether the server and the key let this profile listen there: AllowTcpForwarding, DisableForwarding, PermitListen and the key's options. */
export function checkForwardingPolicy(facts: RemoteFacts): Finding[] {
  const about = { check: 'forwarding-policy', subject: facts.subject };
  // It listens, so it is allowed, whatever was read.
  if (facts.state.is === 'listens') return [];
  const by = forbiddenBy(facts);
  if (by !== null) {
    const refused = problem('bind-not-allowed', { listen: printAddress(facts.listen), on: facts.on, said: '', by });
    if (!isUncertain(by, facts.rules))
      return [
        trouble(about, refused, {
          why: 'The server will refuse this forward each time, so it is not tried for long.',
          fix: howToAllow(by, facts),
        }),
      ];
    return [advice(about, 'warning', maybe(facts, by))];
  }
  if (facts.keyOptions?.includes('permitlisten')) return [advice(about, 'note', KEY_LIST)];
  return facts.rules === null && facts.keyOptions === null
    ? []
    : [allWell(about, 'The server and the key allow this forward, as far as they show it.')];
}

function forbiddenBy({ listen, rules, keyOptions }: RemoteFacts): ForbiddenBy | null {
  if (keyOptions !== null && !keyOptions.includes('port-forwarding')) return 'key-forbids';
  if (rules === null) return null;
  if (rules.disabled || !allowsRemote(isSocket(listen) ? rules.sockets : rules.tcp)) return 'server-forbids';
  if (isSocket(listen) || rules.permitListen === null) return null;
  return rules.permitListen.some((entry) => permits(entry, listen)) ? null : 'server-list';
}

const allowsRemote = (allows: Allows): boolean => allows === 'yes' || allows === 'remote';

/** PermitListen (sshd_config(5)): `port` or `host:port`, either may be `*`; hosts by PATTERNS of ssh_config(5), as they are asked for. */
export function permits(entry: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  const [, bracketed, plain = '*', number = ''] = /^(?:\[([^\]]*)\]:|([^:]*):)?(\d+|\*)$/.exec(entry) ?? [];
  const asked = host === '*' ? '' : host;
  return (number === '*' || Number(number) === port) && number !== '' && matchesPattern(asked, bracketed ?? plain);
}

const isUncertain = (by: ForbiddenBy, rules: ForwardingRules | null): boolean =>
  (by === 'server-list' && rules?.uncertain.includes('permitlisten') === true) ||
  (by === 'server-forbids' &&
    ['allowtcpforwarding', 'allowstreamlocalforwarding', 'disableforwarding'].some((each) => rules?.uncertain.includes(each)));

function howToAllow(by: ForbiddenBy, { listen, on, rules }: RemoteFacts): string {
  const ask = `Ask the administrator of ${on}`;
  if (by === 'key-forbids') return `${ask} to add to your key in authorized_keys there: port-forwarding`;
  if (by === 'server-list')
    return `${ask} to add to sshd_config: PermitListen ${[...(rules?.permitListen ?? []), printAddress(listen)].join(' ')}`;
  const keyword = rules?.disabled ? 'DisableForwarding no' : isSocket(listen) ? 'AllowStreamLocalForwarding yes' : 'AllowTcpForwarding yes';
  return `${ask} for this in sshd_config: ${keyword}`;
}

const maybe = (facts: RemoteFacts, by: ForbiddenBy) => ({
  what: `${facts.on} forbids to listen on ${printAddress(facts.listen)}, unless a Match block of its sshd_config allows it to your login.`,
  why: 'Which Match block holds for a login is not shown to it.',
  fix: `Try it: tunnels up ${facts.tunnel}. If it is refused: ${howToAllow(by, facts)}`,
});

const KEY_LIST = {
  what: 'Your key may listen only on what its permitlisten="..." names; which that is, the server does not tell.',
  why: 'A forward that is not named there is refused each time.',
  fix: 'Compare the permitlisten of your key in authorized_keys there with the remote forwards of this profile.',
};
