import { advice, type Finding } from '../../../model/finding.ts';
import { printDuration } from '../../../model/duration.ts';
import { doublesItsInterval } from '../../../ssh/recovery/keepalive/server-keepalive.ts';
import type { HopFacts } from '../facts.ts';
import { heldMs } from './client-alive.ts';

/** OpenSSH 9.2 to 9.4 wait twice as long as their manual says (fixed in 9.5 by 9d7193a8). */
export function checkDoubledInterval({ subject, server }: HopFacts): Finding[] {
  if (server === null || !doublesItsInterval(server.ident)) return [];
  const [version = server.ident] = server.ident.split(' ');
  const isOn = server.keepalive !== null && server.keepalive.intervalMs > 0 && server.keepalive.countMax !== 0;
  const long = isOn ? ` Here that makes ${printDuration(heldMs(server))}.` : '';
  return [
    advice({ check: 'doubled-interval', subject }, 'note', {
      what: `${version} asks a silent client only every second ClientAliveInterval.`,
      why: `A held port comes free after twice the time that sshd_config(5) promises.${long} tunnels reckons with it.`,
      fix: 'OpenSSH 9.5 and later do not. Until then half the ClientAliveInterval gives the time that is wanted.',
    }),
  ];
}
