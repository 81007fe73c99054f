import { resolve } from 'node:path';
import { problem, ProblemError } from '../model/problem.ts';
import { isProfileName, printHop } from '../model/profile.ts';
import type { HopAddress } from '../model/profile-hop.ts';
import { parseDestination, parseJumps } from '../model/destination.ts';
import { type ForwardDocument, parseForwardSpec, type SpecFlag } from '../model/forward-spec.ts';

/** The flags of `tunnels up` that describe a tunnel; the values as typed. */
export type AdHocFlags = {
  readonly L?: readonly string[];
  readonly R?: readonly string[];
  readonly D?: readonly string[];
  readonly J?: string;
  readonly p?: number;
  readonly i?: readonly string[];
  readonly l?: string;
  readonly F?: string;
  readonly o?: readonly string[];
  readonly name?: string;
};
export type AdHocTunnel = { readonly name: string; readonly document: Record<string, unknown> };
/** What `./` and `~/` mean. */
export type Directories = { readonly cwd: string; readonly home: string };

/** Was a tunnel described, rather than profiles named? Throws when only half of one was. */
export function isAdHoc(flags: AdHocFlags): boolean {
  if ([flags.L, flags.R, flags.D].some((specs) => specs !== undefined)) return true;
  const orphan = (['J', 'p', 'i', 'l', 'F', 'o', 'name'] as const).find((flag) => flags[flag] !== undefined);
  if (orphan === undefined) return false;
  throw new ProblemError(problem('forward-missing', { flag: orphan === 'name' ? '--name' : `-${orphan}` }));
}

/** The profile document of an ssh(1) command line; paths are made absolute, as the supervisor has another one. */
export function adHocTunnel(words: readonly string[], flags: AdHocFlags, from: Directories): AdHocTunnel {
  const destination = destinationOf(words, flags);
  return {
    name: flags.name ?? nameFor(destination.host),
    document: {
      hops: [...jumpsOf(flags), lastHop(destination, { flags, from })],
      forwards: forwardsOf(flags).map((forward) => withAbsoluteSockets(forward, from)),
      ...(flags.F === undefined ? {} : { sshConfig: flags.F === 'none' ? 'none' : absolute(flags.F, from) }),
      ...(flags.o === undefined ? {} : { sshOptions: flags.o.map(keyEqualsValue) }),
    },
  };
}

function destinationOf(words: readonly string[], flags: AdHocFlags): HopAddress {
  const [text, second] = words;
  if (text === undefined) throw new ProblemError(problem('destination-missing', {}));
  if (second !== undefined) throw new ProblemError(problem('command-not-run', { word: second }));
  const parsed = parseDestination(text);
  if (!parsed.ok) throw new ProblemError(problem('destination-invalid', { text }));
  const { user, host, port } = parsed.value;
  if (user !== null && flags.l !== undefined && user !== flags.l) throw clash(`-l ${flags.l}`, text);
  if (port !== null && flags.p !== undefined && port !== flags.p) throw clash(`-p ${flags.p}`, text);
  return { user: user ?? flags.l ?? null, host, port: port ?? flags.p ?? null };
}

const clash = (one: string, other: string): ProblemError =>
  new ProblemError(problem('options-clash', { one, other, instead: 'Give the user and the port once.' }));

function jumpsOf(flags: AdHocFlags): string[] {
  if (flags.J === undefined) return [];
  const jumps = parseJumps(flags.J);
  if (!jumps.ok) throw new ProblemError(problem('destination-invalid', { text: jumps.error.text }));
  return jumps.value.map(printHop);
}

/** -i, -l and -p speak of the last hop only, as in ssh(1). */
function lastHop(destination: HopAddress, { flags, from }: { flags: AdHocFlags; from: Directories }): Record<string, unknown> {
  const { user, host, port } = destination;
  return {
    host,
    ...(user === null ? {} : { user }),
    ...(port === null ? {} : { port }),
    ...(flags.i === undefined ? {} : { identity: flags.i.map((path) => absolute(path, from)) }),
  };
}

function forwardsOf(flags: AdHocFlags): ForwardDocument[] {
  const each = (flag: SpecFlag, specs: readonly string[] = []) => specs.map((spec) => forwardOf(flag, spec));
  return [...each('-L', flags.L), ...each('-R', flags.R), ...each('-D', flags.D)];
}

function forwardOf(flag: SpecFlag, spec: string): ForwardDocument {
  const parsed = parseForwardSpec(flag, spec);
  if (parsed.ok) return parsed.value;
  throw new ProblemError(problem('forward-spec-invalid', { flag, spec, why: parsed.error }));
}

/** Only the ends on this machine: the far side's paths are absolute already. */
function withAbsoluteSockets(forward: ForwardDocument, from: Directories): ForwardDocument {
  const here = (end: string): string => (end.includes('/') ? absolute(end, from) : end);
  if ('local' in forward) return { ...forward, local: here(forward.local) };
  if ('remote' in forward) return { ...forward, to: here(forward.to) };
  return 'dynamic' in forward ? { dynamic: here(forward.dynamic) } : forward;
}

const absolute = (path: string, { cwd, home }: Directories): string =>
  path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(cwd, path);

/** `Key value` and `Key = value` are the same to ssh(1) -o. */
const keyEqualsValue = (option: string): string => option.trim().replace(/^(\w+)\s*(?:=|\s)\s*/, '$1=');

function nameFor(host: string): string {
  const name = host
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9_]+/, '')
    .slice(0, 64);
  if (!isProfileName(name)) throw new ProblemError(problem('name-needed', { host }));
  return name;
}
