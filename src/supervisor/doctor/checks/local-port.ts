import { isSocket } from '../../../model/address.ts';
import { problem } from '../../../model/problem.ts';
import { type Finding, trouble } from '../../../model/finding.ts';
import type { LocalFacts } from '../facts.ts';
import { ephemeralFinding } from './ephemeral.ts';

/** The number itself: one that only root may have, or one of those that this machine gives its own connections. */
export function checkLocalPort({ subject, listen, listener, machine }: LocalFacts): Finding[] {
  if (isSocket(listen) || listen.port === 0) return [];
  const about = { check: 'local-port', subject };
  if (listen.port < machine.firstOpenPort && listener === null) {
    const refused = problem('bind-no-permission', { listen: String(listen.port), on: 'this machine' });
    return [trouble(about, refused, { why: `Ports below ${machine.firstOpenPort} are for root here.`, fix: 'Choose a higher port.' })];
  }
  return ephemeralFinding(about, { port: listen.port, range: machine.ephemeral, machine: 'this machine' });
}
