import { type Address, isSocket, LOOPBACK, printHostPort } from '../../model/address.ts';
import type { SpecFlag } from '../../model/forward-spec.ts';
import type { Forward, Profile } from '../../model/profile.ts';
import { type Remark, remark } from '../../model/remark.ts';

/** One forward of ssh(1), over a connection to the hop of this index. */
export type SpecOnHop = { readonly hop: number; readonly flag: SpecFlag; readonly spec: string };
type Split = { readonly flags: readonly SpecOnHop[]; readonly notes: readonly Remark[] };

/**
 * Every forward as ssh(1) has it. A connection of ssh has one end here and the other on one hop: what listens here and goes on
 * from a hop on the way is a forward of a connection to that hop, and what leads from hop to hop is two, which meet here.
 */
export function splitForwards({ forwards }: Profile): Split {
  const taken = new Set(forwards.flatMap(({ on, listen }) => (on === 'local' && !isSocket(listen) ? [listen.port] : [])));
  const split = forwards.map((forward) => splitOne(forward, taken));
  return { flags: split.flatMap(({ flags }) => flags), notes: split.flatMap(({ notes }) => notes) };
}

function splitOne(forward: Forward, taken: Set<number>): Split {
  const trouble = troubleOf(forward);
  if (trouble !== null) return { flags: [], notes: [remark(trouble, { name: forward.name })] };
  const { on, from, listen, to } = forward;
  if (on === 'local') return { flags: [{ hop: from as number, ...specOf(listen, { to, here: true }) }], notes: [] };
  if (from === 'local') return { flags: [{ hop: on, ...specOf(listen, { to, here: false }) }], notes: [] };
  const middle = { host: LOOPBACK, port: freePort(listen, taken) };
  return {
    flags: [
      { hop: on, ...specOf(listen, { to: middle, here: false }) },
      { hop: from, ...specOf(middle, { to, here: true }) },
    ],
    notes: [remark('export-bridged', { name: forward.name, port: middle.port })],
  };
}

function troubleOf({ on, from, listen, to }: Forward) {
  if (on === 'local' && from === 'local') return 'export-here-to-here';
  if (on === 'local' && !isSocket(listen) && listen.port === 0) return 'export-any-port';
  if (to === null && isSocket(listen) && (on === 'local' || from === 'local')) return 'export-socks-socket';
  return [listen, to].some((end) => end !== null && isSocket(end) && end.path.includes('${')) ? 'export-path-variable' : null;
}

function specOf(listen: Address, { to, here }: { readonly to: Address | null; readonly here: boolean }): Pick<SpecOnHop, 'flag' | 'spec'> {
  const flag = here ? (to === null ? '-D' : '-L') : '-R';
  return { flag, spec: [listen, to].flatMap((end) => (end === null ? [] : endOf(end))).join(':') };
}

/** In a path, ssh takes `\` for an escape, `:` for the end, and `%` for a token. */
const endOf = (end: Address): string =>
  isSocket(end) ? end.path.replaceAll(/[\\:]/g, String.raw`\$&`).replaceAll('%', '%%') : printHostPort(end.host, end.port);

/** The port that it has on the hop, where a user may bind it and nothing of the profile has it; otherwise one of those above it. */
function freePort(listen: Address, taken: Set<number>): number {
  const wished = isSocket(listen) || listen.port < 1024 ? 20_000 : listen.port;
  let port = wished;
  while (taken.has(port)) port = port === 65_535 ? 1024 : port + 1;
  taken.add(port);
  return port;
}
