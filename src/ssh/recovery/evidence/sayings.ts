import type { ServerSaying } from '../../../model/binding.ts';

/** sshd's own sentences (serverloop.c, channels.c of 9.2 to 10.0); SSH_MSG_DEBUG has no codes. */
export const sayingsIn = (said: readonly string[]): readonly ServerSaying[] => [
  ...new Set(said.flatMap((sentence) => sayingOf(sentence) ?? [])),
];

function sayingOf(sentence: string): ServerSaying | null {
  if (sentence === 'Server has disabled port forwarding.') return 'forwarding-disabled';
  if (sentence === 'port forwarding refused') return 'listen-not-permitted';
  return /^Forwarding listen address ".*" overridden by server GatewayPorts$/s.test(sentence) ? 'address-overridden' : null;
}
