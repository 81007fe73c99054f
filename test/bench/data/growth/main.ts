import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from '../../../support/run.ts';
import { machine } from '../machine.ts';
import { loopback, type Place } from '../place.ts';
import { figure, row, rule } from '../table.ts';
import { growConnections } from './connections.ts';
import type { Cost } from './look.ts';
import { plotSvg } from './plot.ts';
import { growTunnels, type Sharing, type TunnelsCost } from './tunnels.ts';

// What neither end reaches, where it may be set: the limit of open files is not the one that is looked for.
const OPEN_FILES = 100_000;
const PLOTS = join('docs', 'plots');

/** TUNNELS and CONNECTIONS: the sizes, as numbers with commas between; none leaves that part out. The last of the connections looks for the next limit. */
const TUNNELS = sizes('TUNNELS', '1,10,100,300,1000');
const CONNECTIONS = sizes('CONNECTIONS', '1,10,100,1000,5000,10000,20000');

/** How cost grows with tunnels and with open connections: two tables in Markdown, and plots in docs/plots. */
export async function growth(): Promise<boolean> {
  await run('prlimit', ['--pid', String(process.pid), `--nofile=${OPEN_FILES}:${OPEN_FILES}`]);
  print(`${await machine()}; at most ${await openFiles()} open files a process`, '');
  mkdirSync(PLOTS, { recursive: true });
  if (TUNNELS.length > 0) await tunnelsPart();
  if (CONNECTIONS.length > 0) await withPlace(connectionsPart);
  return true;
}

async function tunnelsPart(): Promise<void> {
  const shared = await withPlace((place) => growTunnels(place, 'one connection', TUNNELS));
  const own = await withPlace((place) => growTunnels(place, 'a connection each', TUNNELS));
  const head = ['tunnels', ...COSTS, '`up` of those added'];
  print(row(head), rule(head));
  for (const [sharing, costs] of [
    ['one connection', shared],
    ['a connection each', own],
  ] as [Sharing, TunnelsCost[]][]) {
    print(...costs.map((cost) => row([`${count(cost.size)}, ${sharing}`, ...cells(cost), `${figure(cost.upSeconds)} s`])));
  }
  print('');
  plots('tunnels', { 'one connection for all': shared, 'a connection each': own });
}

async function connectionsPart(place: Place): Promise<void> {
  const { costs, limit } = await growConnections(place, CONNECTIONS);
  const head = ['open connections', ...COSTS];
  print(row(head), rule(head), ...costs.map((cost) => row([count(cost.size), ...cells(cost)])), '');
  print(limit === null ? 'No limit was met.' : `The next limit: ${count(limit.held)} connections, then none is answered (${limit.said}).`);
  plots('connections', { 'of one tunnel': costs });
}

const openFiles = async (): Promise<string> => count(Number(await must('sh', ['-c', 'ulimit -Hn'])));

const COSTS = ['memory', 'processor while idle', 'round trip p50', 'p99'];

const cells = ({ memoryMb, cpuPercent, p50, p99 }: Cost): string[] => [
  `${memoryMb.toFixed(0)} MB`,
  `${cpuPercent.toFixed(2)} %`,
  `${p50.toFixed(0)} µs`,
  `${p99.toFixed(0)} µs`,
];

type Quantity = { readonly file: string; readonly y: string; readonly of: (cost: Cost) => number };

const QUANTITIES: readonly Quantity[] = [
  { file: 'memory', y: 'resident memory, MB', of: ({ memoryMb }) => memoryMb },
  { file: 'processor', y: 'processor while idle, % of a core', of: ({ cpuPercent }) => cpuPercent },
  { file: 'round-trip', y: 'round trip of one byte (median), µs', of: ({ p50 }) => p50 },
];

function plots(what: 'tunnels' | 'connections', grown: Readonly<Record<string, readonly Cost[]>>): void {
  for (const { file, y, of } of QUANTITIES) {
    const series = Object.entries(grown).map(([name, costs]) => ({ name, points: costs.map((cost) => [cost.size, of(cost)] as const) }));
    const x = what === 'tunnels' ? 'tunnels' : 'open connections';
    writeFileSync(join(PLOTS, `${what}-${file}.svg`), plotSvg({ title: `${x}: ${y}`, x, y, series }));
  }
}

async function withPlace<T>(work: (place: Place) => Promise<T>): Promise<T> {
  const place = await loopback();
  try {
    return await work(place);
  } finally {
    await place.dispose();
  }
}

function sizes(name: string, usual: string): number[] {
  return (process.env[name] ?? usual).split(',').filter(Boolean).map(Number);
}

const count = (value: number): string => value.toLocaleString('en');

const print = (...lines: readonly string[]): void => void process.stdout.write(lines.map((line) => `${line}\n`).join(''));
