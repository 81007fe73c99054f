import { basename, join } from 'node:path';
import { fail, ok } from '../../model/result.ts';
import { absolute } from './draft-document.ts';
import { type Directories, type Import, told } from './imported.ts';
import { hopOf, isHop } from './other-hop.ts';
import { spotsIn, type Table, TableReader } from './toml.ts';

type Given = Directories & { readonly text: string; readonly file: string };

/** True for an alias of mole: a file with one tunnel, whose keys stand at its top. */
export const isMole = (file: Table): boolean => 'server' in file && ['type', 'source', 'destination'].some((key) => key in file);

/** How mole itself runs: in the background or not, how much it says, how it can be asked. */
const SILENT = 'name verbose detach id'.split(' ');
const KNOWN: ReadonlySet<string> = new Set(
  [...SILENT, ...'type insecure source destination server key keep-alive-interval connection-retries wait-and-retry'.split(' ')].concat(
    'ssh-agent timeout config rpc rpc-address'.split(' '),
  ),
);

/** The alias of mole in a file, which is named after it. */
export function importMole(file: Table, given: Given): Import {
  const reader = new TableReader(file, spotsIn(given.text, { file: given.file, table: null }));
  const hop = serverOf(reader, given);
  const forwards = forwardsOf(reader);
  const document = { hops: [hop], forwards, ...keepaliveOf(reader), ...sshConfigOf(reader, given), ...optionsOf(reader, given) };
  tellTheRest(file, reader);
  if (reader.faults.length > 0) return fail(reader.faults);
  return ok([{ name: basename(given.file).replace(/\.toml$/, ''), at: reader.at('server'), document, notes: reader.notes }]);
}

function serverOf(reader: TableReader, given: Given): unknown {
  const server = reader.required('server', reader.text('server'));
  const [, user = null, host = '', port = null] = /^(?:(.+)@)?([^@:]*)(?::(\d{1,5}))?$/.exec(server) ?? [];
  const said = { user, host, port: port === null ? null : Number(port) };
  if (server !== '' && !isHop(said)) reader.bad('server', '[user@]host[:port]');
  return hopOf(said, { reader, key: 'key', from: given });
}

/** The sources and destinations belong together in their order; a destination without a source has a port of its own. */
function forwardsOf(reader: TableReader): Record<string, unknown>[] {
  const type = reader.text('type') ?? 'local';
  if (type !== 'local' && type !== 'remote') reader.bad('type', 'local or remote');
  const kind = type === 'remote' ? 'remote' : 'local';
  const [sources, destinations] = [reader.texts('source'), reader.texts('destination')];
  if (destinations.length === 0 && reader.faults.length === 0) reader.faults.push(told(reader.at('destination'), 'no-forwards', {}));
  for (const extra of sources.slice(destinations.length))
    reader.notes.push(told(reader.at('source'), 'no-part', { what: `source ${extra}` }));
  return destinations.map((destination, index) => {
    const source = sources[index] ?? '';
    if (source === '') reader.notes.push(told(reader.at('destination'), 'no-source', { what: destination }));
    return { [kind]: source === '' ? 0 : withHost(source), to: withHost(destination) };
  });
}

/** mole means 127.0.0.1 where there is no host. */
const withHost = (address: string): string => (address.startsWith(':') ? `127.0.0.1${address}` : address);

function keepaliveOf(reader: TableReader): { readonly keepalive?: unknown } {
  const text = reader.text('keep-alive-interval');
  if (text === null) return {};
  const seconds = secondsOf(text);
  if (seconds === null) reader.bad('keep-alive-interval', 'a duration such as 10s or 1m30s');
  if (seconds === 0) reader.notes.push(told(reader.at('keep-alive-interval'), 'keepalive-off', { what: `keep-alive-interval = ${text}` }));
  return seconds === null || seconds === 0 ? {} : { keepalive: { interval: `${Math.round(seconds * 1000)}ms`.replace(/000ms$/, 's') } };
}

/** Seconds of a duration as Go writes it; null: it is none. */
function secondsOf(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|us|µs|ns|s|m|h))+$/.test(text)) return null;
  return [...text.matchAll(/([\d.]+)(ms|us|µs|ns|s|m|h)/g)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (UNIT[unit] ?? 0),
    0,
  );
}

const UNIT: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** The user's own file is the one that counts anyway. */
function sshConfigOf(reader: TableReader, given: Given): { readonly sshConfig?: string } {
  const named = reader.text('config')?.replace(/^\$(?:HOME|\{HOME\})\//, '~/') ?? null;
  if (named === null || named === '~/.ssh/config' || named === join(given.home, '.ssh', 'config')) return {};
  return { sshConfig: absolute(named, given) };
}

function optionsOf(reader: TableReader, given: Given): { readonly sshOptions?: readonly string[] } {
  const agent = reader.text('ssh-agent');
  const timeout = reader.text('timeout');
  const seconds = timeout === null ? 0 : secondsOf(timeout);
  if (seconds === null) reader.bad('timeout', 'a duration such as 3s');
  const isDefault = agent === null || agent === '$SSH_AUTH_SOCK';
  const options = [
    ...(seconds === null || seconds === 0 ? [] : [`ConnectTimeout=${Math.max(1, Math.ceil(seconds))}`]),
    ...(isDefault ? [] : [`IdentityAgent=${agent.startsWith('$') ? agent : absolute(agent, given)}`]),
  ];
  return options.length === 0 ? {} : { sshOptions: options };
}

function tellTheRest(file: Table, reader: TableReader): void {
  if (file['insecure'] === true) reader.notes.push(told(reader.at('insecure'), 'insecure', {}));
  for (const key of ['connection-retries', 'wait-and-retry'].filter((one) => reader.has(one)))
    reader.notes.push(told(reader.at(key), 'retry-limit', { what: key }));
  if (file['rpc'] === true) reader.notes.push(told(reader.at('rpc'), 'no-part', { what: 'rpc' }));
  for (const key of reader.keys().filter((one) => !KNOWN.has(one))) reader.notes.push(told(reader.at(key), 'not-taken', { what: key }));
}
