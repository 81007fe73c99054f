import type { Problem } from '../../model/problem.ts';

export type SocksVersion = 4 | 5;
export type Refusal = 'general' | 'not-allowed' | 'net-unreachable' | 'host-unreachable' | 'refused' | 'command' | 'address-type';

/** RFC 1928 §6. */
const REPLY_5: Record<Refusal, number> = {
  general: 1,
  'not-allowed': 2,
  'net-unreachable': 3,
  'host-unreachable': 4,
  refused: 5,
  command: 7,
  'address-type': 8,
};

/** RFC 1928 §3: the method chosen; 0xff where none of those offered will do. */
export const METHOD_NONE = Uint8Array.of(5, 0);
export const NO_METHOD = Uint8Array.of(5, 0xff);

export const granted = (version: SocksVersion): Uint8Array => reply(version, version === 5 ? 0 : 0x5a);

/** SOCKS 4 has one refusal for everything (0x5b); its other two are about identd. */
export const refusal = (version: SocksVersion, why: Refusal): Uint8Array => reply(version, version === 5 ? REPLY_5[why] : 0x5b);

// The bound address is left 0: it lies behind an SSH connection, and nobody tells us.
const reply = (version: SocksVersion, code: number): Uint8Array =>
  version === 5 ? Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0) : Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0);

export function refusalOf(problem: Problem): Refusal {
  switch (problem.code) {
    case 'target-refused':
      return 'refused';
    case 'target-not-allowed':
    case 'hop-not-allowed':
      return 'not-allowed';
    case 'target-failed':
      return problem.facts.code === 'ENETUNREACH' ? 'net-unreachable' : 'host-unreachable';
    case 'hold-expired':
    case 'link-closed':
    case 'link-garbled':
    case 'link-silent':
    case 'link-replaced':
      return 'net-unreachable';
    default:
      return 'general';
  }
}
