import { resolve } from 'node:path';
import { parseJumps } from '../../model/destination.ts';
import { type ForwardDocument, parseForwardSpec, type SpecFlag } from '../../model/forward-spec.ts';
import { printHop } from '../../model/profile.ts';
import { parseHop } from '../../model/profile-hop.ts';
import type { Draft } from './draft.ts';
import { type Directories, told } from './imported.ts';
import { keepaliveOf } from './keepalive.ts';
import { keyOf, type Setting, valueWords } from './setting.ts';
import { plainPath } from './plain-path.ts';

/** The profile that the settings of one connection make; what is wrong and what stays behind is told to the draft. */
export function documentOf(draft: Draft, from: Directories): Record<string, unknown> {
  const hop = lastHop(draft, from);
  const keepalive = keepaliveOf(draft);
  const forwards = draft.forwards.flatMap((setting) => forwardOf(setting, { draft, from }) ?? []);
  if (draft.forwards.length === 0) draft.faults.push(told(null, 'no-forwards', {}));
  // Every forward was left out, and why was told: without any there is no profile.
  else if (forwards.length === 0) draft.faults.push(...draft.notes);
  return {
    hops: [...jumpsOf(draft), hop],
    forwards,
    ...(keepalive === null ? {} : { keepalive }),
    ...(draft.kept.length === 0 ? {} : { sshOptions: draft.kept.map(({ name, value }) => `${name}=${value}`) }),
  };
}

function jumpsOf(draft: Draft): string[] {
  const said = draft.own('proxyjump');
  if (said === null) return [];
  const jumps = parseJumps(said.value);
  if (!jumps.ok) draft.faults.push(told(said.at, 'bad-jumps', { what: said.value }));
  return jumps.ok ? jumps.value.map(printHop) : [];
}

function lastHop(draft: Draft, from: Directories): unknown {
  if (draft.destination === null) {
    if (draft.faults.length === 0) draft.faults.push(told(null, 'no-destination', {}));
    return null;
  }
  const { host } = draft.destination;
  const address = { host, user: userOf(draft), port: portOf(draft) };
  const identity = draft.identities.flatMap((setting) => identityOf(setting, { draft, from }) ?? []);
  if (identity.length === 0) return printHop(address);
  const { user, port } = address;
  return {
    host,
    ...(user === null ? {} : { user }),
    ...(port === null ? {} : { port }),
    identity: identity.length === 1 ? identity[0] : identity,
  };
}

function userOf(draft: Draft): string | null {
  const said = draft.own('user');
  if (said === null) return null;
  if (!parseHop(`${said.value}@host`).ok) draft.faults.push(told(said.at, 'bad-user', { what: said.value }));
  return said.value;
}

function portOf(draft: Draft): number | null {
  const said = draft.own('port');
  if (said === null) return null;
  const port = /^\d{1,5}$/.test(said.value) ? Number(said.value) : 0;
  if (port < 1 || port > 65_535) draft.faults.push(told(said.at, 'bad-port', { what: said.value }));
  return port;
}

type Given = { readonly draft: Draft; readonly from: Directories };

function identityOf(setting: Setting, { draft, from }: Given): string | null {
  const named = setting.shown.startsWith('-i') ? setting.value : (valueWords(setting.value)[0] ?? '');
  if (named.toLowerCase() === 'none') return null;
  const path = plainPath(named);
  if (path === null) draft.notes.push(told(setting.at, 'path-token', { what: setting.shown }));
  return path === null ? null : absolute(path, from);
}

const FLAGS: Readonly<Record<string, SpecFlag>> = { localforward: '-L', remoteforward: '-R', dynamicforward: '-D' };

function forwardOf(setting: Setting, { draft, from }: Given): Record<string, unknown> | null {
  const parsed = parseForwardSpec(FLAGS[keyOf(setting)] ?? '-L', setting.value);
  if (!parsed.ok) {
    draft.faults.push(told(setting.at, 'bad-spec', { what: setting.shown, why: parsed.error }));
    return null;
  }
  const isOpen = draft.own('gatewayports')?.value.toLowerCase() === 'yes';
  const ends = Object.entries(onAllAddresses(parsed.value, isOpen)).map(([key, end]) => [
    key,
    endOf(key, end, { parsed: parsed.value, from }),
  ]);
  if (ends.every(([, end]) => end !== null)) return Object.fromEntries(ends) as Record<string, unknown>;
  draft.notes.push(told(setting.at, 'path-token', { what: setting.shown }));
  return null;
}

/** GatewayPorts (-g) of the client: what names no address listens on all of them. */
function onAllAddresses(forward: ForwardDocument, isOpen: boolean): ForwardDocument {
  if (!isOpen) return forward;
  const open = (listen: string): string => (/^\d+$/.test(listen) ? `*:${listen}` : listen);
  if ('local' in forward) return { ...forward, local: open(forward.local) };
  return 'dynamic' in forward ? { dynamic: open(forward.dynamic) } : forward;
}

/** A port as a number, a socket's path without tokens, and one of this machine absolute; null: it has tokens that only ssh fills in. */
function endOf(
  key: string,
  end: string,
  { parsed, from }: { readonly parsed: ForwardDocument; readonly from: Directories },
): string | number | null {
  if (/^\d+$/.test(end)) return Number(end);
  if (!end.includes('/')) return end;
  const path = plainPath(end);
  const isHere = key === 'local' || key === 'dynamic' || (key === 'to' && 'remote' in parsed);
  return path === null || !isHere ? path : absolute(path, from);
}

/** `~/` stays as it is: a profile knows it too. */
export const absolute = (path: string, { cwd }: Directories): string => (path.startsWith('~/') ? path : resolve(cwd, path));
