import { isProfileName } from '../../model/profile.ts';
import { fail, ok } from '../../model/result.ts';
import { type Directories, type Import, type Imported, type Told, told } from './imported.ts';
import { hopOf, isHop } from './other-hop.ts';
import { spotsIn, type Table, TableReader } from './toml.ts';

type Given = Directories & { readonly text: string; readonly file: string };

const KNOWN: ReadonlySet<string> = new Set('name local remote host user identity port keep_alive group mode'.split(' '));

/** Every tunnel of a file of boring, which has them as `[[tunnels]]`. */
export function importBoring(file: Table, given: Given): Import {
  const tables = Array.isArray(file['tunnels']) ? (file['tunnels'] as Table[]) : [];
  const top = new TableReader(file, spotsIn(given.text, { file: given.file, table: null }));
  const keepAlive = top.number('keep_alive');
  const made = tables.map((table, nth) => {
    const spots = spotsIn(given.text, { file: given.file, table: { name: 'tunnels', nth } });
    return importTunnel(new TableReader(table, spots), { ...given, keepAlive, keepAliveAt: top.at('keep_alive') });
  });
  const faults = [...top.faults, ...made.flatMap(({ faults: found }) => found)];
  if (tables.length === 0 && faults.length === 0) faults.push(told(top.at('tunnels'), 'no-tunnels', {}));
  return faults.length > 0 ? fail(faults) : ok(made.map(({ imported }) => imported));
}

type Shared = Given & { readonly keepAlive: number | null; readonly keepAliveAt: Told['at'] };

function importTunnel(reader: TableReader, given: Shared): { readonly imported: Imported; readonly faults: readonly Told[] } {
  const name = reader.required('name', reader.text('name'));
  const host = reader.required('host', reader.text('host'));
  const said = { host, user: reader.text('user'), port: portOf(reader) };
  if (host !== '' && !isHop(said)) reader.bad('host', 'a host, as ssh takes it');
  const forward = forwardOf(reader);
  const document = {
    ...groupsOf(reader),
    hops: [hopOf(said, { reader, key: 'identity', from: given })],
    forwards: [forward],
    ...keepaliveOf(reader, given),
  };
  for (const key of reader.keys().filter((one) => !KNOWN.has(one))) reader.notes.push(told(reader.at(key), 'not-taken', { what: key }));
  return { imported: { name, at: reader.at('name'), document, notes: reader.notes }, faults: reader.faults };
}

/** 0 is none for boring. */
function portOf(reader: TableReader): number | null {
  const port = reader.number('port');
  if (port === null || port === 0) return null;
  return port > 0 && port <= 65_535 ? port : reader.bad('port', 'a whole number from 1 to 65535');
}

const MODES: Readonly<Record<string, 'local' | 'remote' | 'dynamic' | 'remoteDynamic'>> = {
  local: 'local',
  l: 'local',
  '-l': 'local',
  remote: 'remote',
  r: 'remote',
  '-r': 'remote',
  socks: 'dynamic',
  'socks-remote': 'remoteDynamic',
};

/** boring calls the end here `local` and the end there `remote`, whichever of them listens. */
function forwardOf(reader: TableReader): Record<string, unknown> {
  const kind =
    MODES[(reader.text('mode') ?? 'local').toLowerCase()] ?? reader.bad('mode', 'local, remote, socks or socks-remote') ?? 'local';
  const listensHere = kind === 'local' || kind === 'dynamic';
  const [near, far] = listensHere ? (['local', 'remote'] as const) : (['remote', 'local'] as const);
  const listen = listenOf(reader.required(near, reader.textOrNumber(near)));
  if (kind === 'dynamic' || kind === 'remoteDynamic') return { [kind]: listen };
  return { [kind]: listen, to: targetOf(far, reader) };
}

/** As Go listens: without a host on every address. */
function listenOf(text: string): string | number {
  if (/^\d+$/.test(text)) return Number(text);
  return text.startsWith(':') ? `*${text}` : text;
}

/** As Go dials: without a host this machine. */
function targetOf(key: string, reader: TableReader): string | number {
  const text = reader.required(key, reader.textOrNumber(key));
  if (/^\d+$/.test(text)) reader.bad(key, 'host:port or the path of a socket');
  return text.startsWith(':') ? `localhost${text}` : text;
}

function groupsOf(reader: TableReader): { readonly groups?: readonly string[] } {
  const group = reader.text('group');
  if (group === null) return {};
  if (!isProfileName(group)) reader.bad('group', 'letters, digits, dots, dashes and underscores');
  return { groups: [group] };
}

/** Seconds; the tunnel's own before the file's. 0 turns it off. */
function keepaliveOf(reader: TableReader, { keepAlive, keepAliveAt }: Shared): { readonly keepalive?: unknown } {
  const own = reader.number('keep_alive');
  const seconds = own ?? keepAlive;
  if (seconds === null) return {};
  const at = own === null ? keepAliveAt : reader.at('keep_alive');
  if (seconds > 0 && seconds <= 604_800) return { keepalive: { interval: `${seconds}s` } };
  reader.notes.push(told(at, seconds === 0 ? 'keepalive-off' : 'keepalive-range', { what: `keep_alive = ${seconds}` }));
  return {};
}
