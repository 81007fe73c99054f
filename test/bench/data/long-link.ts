import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { background } from '../../support/child.ts';
import { sweepLeftovers } from '../../support/namespaces-setup.ts';
import { must } from '../../support/run.ts';
import type { Programs } from './programs.ts';

/** What the kernel may keep for a TCP connection each way: enough for any link here, or what Linux does where nobody asked. */
export type Buffers = 'large' | 'default';

export type LongLink = {
  /** The network namespaces' names, as `ip netns exec` takes them. */
  readonly client: string;
  readonly server: string;
  readonly serverAddress: string;
  dispose(): Promise<void>;
};

// The least, the first and the most of tcp(7), in bytes; the default ones are those of a machine with memory enough.
const TCP_MEMORY: Readonly<Record<Buffers, { readonly rmem: string; readonly wmem: string }>> = {
  large: { rmem: '4096 131072 67108864', wmem: '4096 65536 67108864' },
  default: { rmem: '4096 131072 6291456', wmem: '4096 16384 4194304' },
};

export type LongLinkOptions = { readonly rttMs: number; readonly buffers: Buffers };

/** Two network namespaces, joined by a line that takes half of `rttMs` each way and is otherwise as fast as the machine. */
export async function makeLongLink(programs: Programs, { rttMs, buffers }: LongLinkOptions): Promise<LongLink> {
  await sweepLeftovers();
  const run = `tt${process.pid}-${randomBytes(2).toString('hex')}`;
  const [client, server] = [`${run}-c`, `${run}-s`];
  // Synchronous, since it also runs while the process ends.
  const remove = (): void => [client, server].forEach((name) => void spawnSync('ip', ['netns', 'del', name]));
  process.once('exit', remove);
  for (const name of [client, server]) await setUp(name, buffers);
  const line = background(programs.delayLine, [client, server, 'line', String(rttMs / 2)]);
  await line.waitFor(/ready/);
  await join(client, '10.98.0.1');
  await join(server, '10.98.0.2');
  const dispose = async (): Promise<void> => {
    await line.stop();
    remove();
    process.off('exit', remove);
  };
  return { client, server, serverAddress: '10.98.0.2', dispose };
}

async function setUp(name: string, buffers: Buffers): Promise<void> {
  const { rmem, wmem } = TCP_MEMORY[buffers];
  await must('ip', ['netns', 'add', name]);
  await must('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  await must('ip', ['netns', 'exec', name, 'sysctl', '-qw', `net.ipv4.tcp_rmem=${rmem}`, `net.ipv4.tcp_wmem=${wmem}`]);
}

// A full queue would lose packets.
async function join(name: string, address: string): Promise<void> {
  await must('ip', ['-n', name, 'addr', 'add', `${address}/24`, 'dev', 'line']);
  await must('ip', ['-n', name, 'link', 'set', 'line', 'txqueuelen', '10000', 'up']);
}
