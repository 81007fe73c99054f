import { advice, allWell, type Finding } from '../../../model/finding.ts';
import { printDuration } from '../../../model/duration.ts';
import type { Allowed } from '../../../ssh/remote/account-memory.ts';
import type { HopFacts, ServerFacts } from '../facts.ts';
import { heldMs } from './client-alive.ts';

/** What the account allows besides forwarding, and what it costs when a port has to be got back. */
export function checkAccount({ subject, server }: HopFacts): Finding[] {
  if (server === null) return [];
  const about = { check: 'account', subject };
  const { shell, sftp } = server;
  if (shell.is === 'yes')
    return [allWell(about, 'A shell is allowed: a dead session of ours is ended within a second, whatever the network did.')];
  if (shell.is === 'unknown' && sftp.is === 'unknown') return [];
  const seen = sftp.is === 'yes' ? 'by SFTP it can be seen who holds a port, but' : 'who holds a port cannot be seen either, and';
  return [
    advice(about, 'note', {
      what: `${noShell(shell)}; ${seen} a dead session of ours cannot be ended.`,
      why: `Where the address of this machine changes with an outage, a port is waited for${waiting(server)}, in place of under a second. With the same address it makes no difference.`,
      fix: 'Allow this account a shell (no command= or ForceCommand, a shell that is not nologin), or keep ClientAliveInterval short.',
    }),
  ];
}

function noShell(shell: Allowed): string {
  if (shell.is !== 'no') return 'Whether there is a shell is not known';
  if (shell.why === 'refused') return 'The server starts no shell for this account';
  return shell.why === 'forced'
    ? 'Another program runs in place of a shell (nologin, or a forced command)'
    : 'What runs in place of a shell says nothing';
}

function waiting(server: ServerFacts): string {
  const ms = heldMs(server, 0);
  return ms === 0 ? '' : ` up to ${printDuration(ms)}`;
}
