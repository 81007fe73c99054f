import { isSocket } from '../../../model/address.ts';
import { advice, type Finding } from '../../../model/finding.ts';
import type { RemoteFacts } from '../facts.ts';
import { ephemeralFinding } from './ephemeral.ts';

/** The number itself: below 1024, or among those that the server gives its own connections. */
export function checkRemotePort({ subject, listen, on, ephemeral, state }: RemoteFacts): Finding[] {
  if (isSocket(listen) || listen.port === 0) return [];
  // Seen for sure, with the user that it would be: told by the check of the binding.
  const isTold = state.is === 'seen' && state.verdict.is === 'not-allowed' && state.verdict.why === 'privileged-port';
  if (listen.port < 1024 && state.is !== 'listens' && !isTold) {
    const what = `Port ${listen.port} on ${on} is below 1024.`;
    return [
      advice({ check: 'remote-port', subject }, 'warning', {
        what,
        why: 'sshd lets only root listen there; every other login is refused without a reason.',
        fix: 'Choose a port of 1024 or above.',
      }),
    ];
  }
  return ephemeralFinding({ check: 'remote-port', subject }, { port: listen.port, range: ephemeral, machine: on });
}
