import type { Snapshot, TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { Cli } from './run-cli.ts';
import { until } from './until.ts';

/** What `tunnels status --json` says of one tunnel. */
export async function statusOf(cli: Cli, name: string): Promise<TunnelSnapshot> {
  const tunnel = (await snapshot(cli)).tunnels.find((each) => each.name === name);
  if (!tunnel) throw new Error(`${name} is not in the status`);
  return tunnel;
}

export async function snapshot(cli: Cli): Promise<Snapshot> {
  return (await cli.run(['status', '--json'])).json<Snapshot>();
}

/** Polls the status until a tunnel is as wanted; the error tells how it was at last. */
export async function untilTunnel(cli: Cli, name: string, is: (tunnel: TunnelSnapshot) => boolean): Promise<TunnelSnapshot> {
  const last: { tunnel?: TunnelSnapshot } = {};
  const look = async (): Promise<TunnelSnapshot | false> => is((last.tunnel = await statusOf(cli, name))) && last.tunnel;
  return await until(look, { what: `${name} to be as wanted`, everyMs: 200, withinMs: 60_000 }).catch((error: Error) => {
    throw new Error(`${error.message}; at last: ${JSON.stringify(last.tunnel, null, 2)}`);
  });
}

/** The port on which a forward really listens. */
export function portOf(tunnel: TunnelSnapshot, forward: string): number {
  const listen = tunnel.forwards.find(({ name }) => name === forward)?.listen;
  if (!listen || !('port' in listen)) throw new Error(`${tunnel.name} has no port for ${forward}`);
  return listen.port;
}
