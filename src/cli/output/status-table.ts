import type { ForwardSnapshot, ForwardWord, TunnelSnapshot, TunnelWord } from '../../model/snapshot.ts';
import { listenOf, targetOf } from './forward-line.ts';
import { relativeTime } from './relative-time.ts';
import type { Ink } from './screen.ts';
import { table } from './table.ts';

type Options = { readonly now: number; readonly ink: Ink };

/** One row for each forward, the tunnel's own cells on its first; below, what is wrong and what to do about it. */
export function statusTable(tunnels: readonly TunnelSnapshot[], options: Options): string {
  if (tunnels.length === 0) return '';
  const rows = [HEADER.map((title) => options.ink.bold(title)), ...tunnels.flatMap((tunnel) => rowsOf(tunnel, options))];
  const troubles = tunnels.flatMap((tunnel) => troublesOf(tunnel, options));
  return [table(rows), ...(troubles.length === 0 ? [] : ['', ...troubles])].join('\n');
}

const HEADER = ['NAME', 'STATE', 'SINCE', 'FORWARD', 'LISTENS ON', 'TO', 'IS', 'CONNECTIONS'];

function rowsOf(tunnel: TunnelSnapshot, { now, ink }: Options): string[][] {
  const own = [tunnel.name, TUNNEL_INK[tunnel.state](ink)(tunnel.state), relativeTime(tunnel.since, now)];
  if (tunnel.forwards.length === 0) return [own];
  return tunnel.forwards.map((forward, index) => [...(index === 0 ? own : ['', '', '']), ...forwardCells(forward, ink)]);
}

const forwardCells = (forward: ForwardSnapshot, ink: Ink): string[] => [
  forward.name,
  listenOf(forward),
  targetOf(forward),
  FORWARD_INK[forward.state](ink)(forward.state),
  connectionsOf(forward),
];

function connectionsOf({ connections: { open, total, failed } }: ForwardSnapshot): string {
  return `${open} open, ${total} in all${failed === 0 ? '' : `, ${failed} failed`}`;
}

type Trouble = Pick<TunnelSnapshot, 'because' | 'retryAt'>;

function troublesOf(tunnel: TunnelSnapshot, options: Options): string[] {
  const forwards = tunnel.forwards.filter((forward) => forward.because?.text !== tunnel.because?.text);
  return [
    ...troubleLines(tunnel.name, tunnel, options),
    ...forwards.flatMap((forward) => troubleLines(`${tunnel.name} ${forward.name}`, forward, options)),
    ...tunnel.forwards.flatMap(({ name, warning }) => troubleLines(`${tunnel.name} ${name}`, { because: warning, retryAt: null }, options)),
  ];
}

function troubleLines(subject: string, { because, retryAt }: Trouble, { now, ink }: Options): string[] {
  if (because === null) return [];
  const retry = retryAt === null || Date.parse(retryAt) <= now ? '' : ` Next try ${relativeTime(retryAt, now)}.`;
  return [`${ink.yellow('!')} ${ink.bold(subject)}: ${because.text}${retry}`, `  ${ink.cyan('→')} ${because.next}`];
}

type Paint = (ink: Ink) => (text: string) => string;
const good: Paint = (ink) => ink.green;
const busy: Paint = (ink) => ink.yellow;
const bad: Paint = (ink) => ink.red;
const off: Paint = (ink) => ink.dim;

const TUNNEL_INK: Record<TunnelWord, Paint> = {
  up: good,
  idle: good,
  connecting: busy,
  reconnecting: busy,
  degraded: busy,
  blocked: bad,
  down: off,
};
const FORWARD_INK: Record<ForwardWord, Paint> = { listening: good, binding: busy, recovering: busy, blocked: bad, down: off };
