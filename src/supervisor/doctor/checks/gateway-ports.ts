import { isLoopback, isWildcard } from '../../../decide/same-port.ts';
import { isSocket, printAddress } from '../../../model/address.ts';
import { type About, advice, allWell, type Finding, mistake } from '../../../model/finding.ts';
import { EXIT } from '../../../model/problems/entry.ts';
import type { RemoteFacts } from '../facts.ts';

/** GatewayPorts may turn a loopback into every address, or every address into a loopback, and sshd says yes to both. */
export function checkGatewayPorts({ subject, listen, on, isPublic, rules }: RemoteFacts): Finding[] {
  if (isSocket(listen) || rules === null) return [];
  const about = { check: 'gateway-ports', subject };
  const { gatewayPorts, uncertain } = rules;
  const at = { on, listen: printAddress(listen), isCertain: !uncertain.includes('gatewayports') };
  if (gatewayPorts === 'yes' && !isWildcard(listen.host) && !isPublic) return [widened(about, at)];
  if (gatewayPorts === 'no' && !isLoopback(listen.host)) return [narrowed(about, at)];
  return [allWell(about, `GatewayPorts (${gatewayPorts}) fits ${at.listen}.${maybe(at)}`)];
}

type At = { readonly on: string; readonly listen: string; readonly isCertain: boolean };

function widened(about: About, at: At): Finding {
  const words = {
    what: `GatewayPorts is yes on ${at.on}: asked for ${at.listen}, it listens on every address.${maybe(at)}`,
    why: 'Everybody who reaches that machine would reach the forward, so tunnels gives such a binding back.',
    fix: `${clientSpecified(at)}\nIf that is wanted: public: true in the profile.`,
  };
  return at.isCertain ? mistake(about, EXIT.bindingHeld, words) : advice(about, 'warning', words);
}

const narrowed = (about: About, at: At): Finding =>
  advice(about, 'warning', {
    what: `GatewayPorts is no on ${at.on}: asked for ${at.listen}, it listens on its loopback.${maybe(at)}`,
    why: 'Only that machine itself will reach the forward.',
    fix: `${clientSpecified(at)}\nIf the loopback is enough, listen on 127.0.0.1.`,
  });

const maybe = ({ isCertain }: At): string => (isCertain ? '' : ' A Match block there may say otherwise for your login.');
const clientSpecified = ({ on }: At): string => `Ask the administrator of ${on} for this in sshd_config: GatewayPorts clientspecified`;
