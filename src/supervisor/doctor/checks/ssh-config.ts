import { allWell, type Finding, trouble } from '../../../model/finding.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import { isProblem, type RouteFacts } from '../facts.ts';

/** Whether ssh_config leads to hops, which, and as whom. */
export function checkSshConfig({ subject, route }: RouteFacts): Finding[] {
  const about = { check: 'ssh-config', subject };
  if (isProblem(route)) return [trouble(about, route, { why: 'Without it nobody knows which server is meant, so nothing was tried.' })];
  return [allWell(about, `The way there: ${route.map(nameOf).join(' → ')}`)];
}

/** `ann@bastion (10.0.0.1:2222)`: as the profile names it, then where that is. */
export function nameOf({ name, host, port, user }: ResolvedHop): string {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return name === host ? `${user}@${at}` : `${user}@${name} (${at})`;
}
