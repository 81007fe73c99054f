import { Document, isScalar, type Scalar } from 'yaml';
import { printDuration } from '../model/duration.ts';
import { KEYS, OF_DOCUMENT, type ProfileDocument } from '../model/profile-shape.ts';
import { DEFAULT_HOLD_MS } from '../model/profile.ts';
import type { Origin } from './compose/origin.ts';
import type { Plain } from './compose/part.ts';
import type { LoadedProfile } from './load-profile.ts';

/** Where a value comes from that no file of a profile gives: built in, or left to the user's own files of ssh. */
export type Elsewhere = { readonly via: 'default' | 'ssh_config' | 'known_hosts' };

export type ResolvedValue = {
  readonly path: readonly (string | number)[];
  /** Null: what is elsewhere decides. */
  readonly value: Plain;
  readonly origin: Origin | Elsewhere;
};

/** Every value of what comes of a profile, in the order in which a profile is written, with where it comes from. */
export function resolvedValues({ document, origins }: Pick<LoadedProfile, 'document' | 'origins'>): ResolvedValue[] {
  const own = WRITTEN.flatMap((key) => leavesOf((document as Tree)[key], [key]));
  return [
    ...own.flatMap(({ path, value }) => [{ path, value, origin: origins(path) ?? aboveOf(origins, path) }]),
    ...document.hops.flatMap((hop, index) => leftToSsh(hop, index)),
    ...DEFAULTS.filter(([key]) => document[key] === undefined).map(([key, value]) => ({ path: [key], value, origin: BUILT_IN })),
  ];
}

/** What a profile can say itself. */
const WRITTEN = KEYS.profile.filter((key) => !OF_DOCUMENT.has(key));

type Tree = Readonly<Record<string, unknown>>;
type Leaf = { readonly path: readonly (string | number)[]; readonly value: Plain };

const BUILT_IN: Elsewhere = { via: 'default' };
const DEFAULTS = [
  ['keepalive', 'mirror'],
  ['hold', printDuration(DEFAULT_HOLD_MS)],
  ['deadman', 'auto'],
  ['secondLogin', 'never'],
] as const;

function leavesOf(value: unknown, path: Leaf['path']): Leaf[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => leavesOf(item, [...path, index]));
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
  return [{ path, value: value as Plain }];
}

/** Every leaf was written somewhere, or stands for what was. */
const aboveOf = (origins: LoadedProfile['origins'], path: Leaf['path']): Origin | Elsewhere => origins(path.slice(0, -1)) ?? BUILT_IN;

const LEFT = { user: 'ssh_config', port: 'ssh_config', identity: 'ssh_config', hostKey: 'known_hosts' } as const;

function leftToSsh(hop: ProfileDocument['hops'][number], index: number): ResolvedValue[] {
  const said = typeof hop === 'string' ? saidIn(hop) : new Set(Object.keys(hop));
  return Object.entries(LEFT).flatMap(([key, via]) =>
    said.has(key) ? [] : [{ path: ['hops', index, key], value: null, origin: { via } }],
  );
}

/** `[user@]host[:port]`; a port behind brackets or behind the only colon. */
const saidIn = (hop: string): Set<string> => {
  const port = /^(.*@)?(\[[^\]]*\]|[^:@]*):\d+$/.test(hop.replace(/^ssh:\/\//, ''));
  return new Set([...(hop.includes('@') ? ['user'] : []), ...(port ? ['port'] : [])]);
};

/** The outcome as YAML that says the same, with what `label` says of each value's origin behind it. */
export function resolvedYaml(
  loaded: Pick<LoadedProfile, 'document' | 'origins'>,
  label: (origin: ResolvedValue['origin']) => string,
): string {
  const values = resolvedValues(loaded);
  const document = new Document(treeOf(loaded.document, values));
  for (const { path, value, origin } of values) {
    const node = document.getIn(path, true);
    if (value !== null && isScalar(node)) comment(node, label(origin));
  }
  for (const [index] of loaded.document.hops.entries()) {
    const node = document.getIn(['hops', index, 'host'], true) ?? document.getIn(['hops', index], true);
    const left = values.filter(({ path, value }) => path[0] === 'hops' && path[1] === index && value === null);
    if (isScalar(node) && left.length > 0) comment(node, left.map(({ path, origin }) => `${path[2]}: ${origin.via}`).join(', '));
  }
  return document.toString({ lineWidth: 0 });
}

/** In the order in which a profile is written, with what is built in. */
function treeOf(document: ProfileDocument, values: readonly ResolvedValue[]): Tree {
  const builtIn = values.filter(({ origin }) => origin.via === 'default').map(({ path, value }) => [String(path[0]), value] as const);
  const all = new Map<string, unknown>([...Object.entries(document), ...builtIn]);
  return Object.fromEntries(WRITTEN.flatMap((key) => (all.has(key) && key !== '$schema' ? [[key, all.get(key)]] : [])));
}

const comment = (node: Scalar, text: string): void => {
  node.comment = [...(node.comment ? [node.comment] : []), ` ${text}`].join(';');
};
