import type { Way } from './clients.ts';
import type { Group } from './lines.ts';
import { LONG_LINKS } from './long-link-groups.ts';
import { besideBulk, bulk, comingUp, idle, latency, short, standing } from './stands.ts';

const ONE_HOP = { hops: 1 } as const;
/** A tunnel to a server that no other tunnel goes to. */
const own = (number: number): Way => ({ hops: 1, own: number });
const TWO_HOPS = { hops: 2 } as const;
const AES = { hops: 1, ciphers: 'aes128-gcm@openssh.com' } as const;

export const GROUPS: readonly Group[] = [
  {
    where: 'loopback',
    lines: [{ what: '`up` with the supervisor running, one hop', of: 'ms', unit: 'ms', asked: { atMost: 0.6 } }],
    stand: comingUp(ONE_HOP),
  },
  {
    where: 'loopback',
    lines: [{ what: '`up` with the supervisor running, two hops', of: 'ms', unit: 'ms', asked: { atMost: 0.6 } }],
    stand: comingUp(TWO_HOPS),
  },
  {
    where: 'loopback',
    lines: [
      { what: "one stream, each side's defaults, up", of: 'up', unit: 'MB/s', asked: { atLeast: 1.7 } },
      { what: "one stream, each side's defaults, down", of: 'down', unit: 'MB/s', asked: { atLeast: 1.4 } },
      { what: 'CPU per GB, one hop', of: 'cpu', unit: 's/GB', asked: { atMost: 0.6 } },
    ],
    stand: standing([ONE_HOP], bulk({ megabytes: 256 })),
  },
  {
    where: 'loopback',
    lines: [
      { what: 'one stream, aes128-gcm on both, up', of: 'up', unit: 'MB/s', asked: { atLeast: 1.1 } },
      { what: 'one stream, aes128-gcm on both, down', of: 'down', unit: 'MB/s', asked: { atLeast: 1 } },
    ],
    stand: standing([AES], bulk({ megabytes: 256 })),
  },
  {
    where: 'loopback',
    lines: [
      { what: '8 streams up', of: 'up', unit: 'MB/s', asked: { atLeast: 1.7 } },
      { what: '8 streams down', of: 'down', unit: 'MB/s', asked: { atLeast: 1.7 } },
    ],
    stand: standing([ONE_HOP], bulk({ streams: 8, megabytes: 256 })),
  },
  {
    where: 'loopback',
    lines: [
      { what: 'two hops up, against `ssh -J`', of: 'up', unit: 'MB/s', asked: { atLeast: 2 } },
      { what: 'two hops down, against `ssh -J`', of: 'down', unit: 'MB/s', asked: { atLeast: 1.5 } },
      { what: 'CPU per GB, two hops', of: 'cpu', unit: 's/GB', asked: { atMost: 0.45 } },
    ],
    stand: standing([TWO_HOPS], bulk({ megabytes: 256 })),
  },
  {
    where: 'loopback',
    lines: [{ what: 'short connections, one after the other', of: 'perSecond', unit: '/s', asked: { atLeast: 1 } }],
    stand: standing([ONE_HOP], short(1)),
  },
  {
    where: 'loopback',
    lines: [{ what: 'short connections, 50 at once', of: 'perSecond', unit: '/s', asked: { atLeast: 1 } }],
    stand: standing([ONE_HOP], short(50)),
  },
  {
    where: 'loopback',
    lines: [
      { what: 'request in two pieces, p50', of: 'p50', unit: 'µs' },
      { what: 'request in two pieces, p99', of: 'p99', unit: 'µs', asked: { atMost: 0.05 } },
    ],
    stand: standing([ONE_HOP], latency('pieces')),
  },
  {
    where: 'loopback',
    lines: [
      { what: '1-byte round trip, p50', of: 'p50', unit: 'µs', asked: { atMost: 1 } },
      { what: '1-byte round trip, p99', of: 'p99', unit: 'µs', asked: { atMost: 1 } },
    ],
    stand: standing([ONE_HOP], latency('ping')),
  },
  {
    where: 'loopback',
    lines: [
      { what: '4 heavy tunnels at once, up', of: 'up', unit: 'MB/s', asked: { atLeast: 1.3 } },
      { what: '4 heavy tunnels at once, down', of: 'down', unit: 'MB/s', asked: { atLeast: 1.3 } },
    ],
    stand: standing([own(1), own(2), own(3), own(4)], bulk({ streams: 4, megabytes: 384 })),
  },
  {
    where: 'loopback',
    lines: [{ what: 'RSS of 10 idle tunnels, against `ssh -N`', of: 'memory', unit: 'MB', asked: { atMost: 0.8 } }],
    stand: idle(10),
  },
  {
    where: 'loopback',
    lines: [{ what: 'RSS of 100 idle tunnels, against `ssh -N`', of: 'memory', unit: 'MB', asked: { atMost: 0.1 } }],
    stand: idle(100),
  },
  besideOther('down', { apart: true }),
  besideOther('up', { apart: true }),
  besideOther('down', { apart: false }),
  besideOther('up', { apart: false }),
  ...LONG_LINKS,
];

/** A tunnel's round trip while another one is busy, to a server of its own or over the same connection; of ssh, while another process is. */
function besideOther(direction: 'up' | 'down', { apart }: { apart: boolean }): Group {
  const what = `1-byte round trip beside a tunnel's bulk ${direction}${apart ? '' : ' over the same connection'}`;
  return {
    where: 'loopback',
    lines: [
      { what: `${what}, p50 over idle`, of: 'slower', unit: '×', ...(apart && { asked: { oursAtMost: 2 } }) },
      { what: `${what}, p50`, of: 'p50', unit: 'µs' },
      { what: `${what}, p99`, of: 'p99', unit: 'µs' },
      { what: `${what}, the bulk itself`, of: 'rate', unit: 'MB/s' },
    ],
    stand: standing(apart ? [own(1), own(2)] : [ONE_HOP, ONE_HOP], besideBulk(direction)),
  };
}
