import type { SpecError } from './problems/command-line.ts';
import { fail, ok, type Result } from './result.ts';

export type SpecFlag = '-L' | '-R' | '-D';
/** One entry of a profile's `forwards`, in the profile's own words. */
export type ForwardDocument =
  | { readonly local: string; readonly to: string }
  | { readonly remote: string; readonly to: string }
  | { readonly dynamic: string }
  | { readonly remoteDynamic: string };

type Parsed<T> = Result<T, SpecError>;
type Ends = { readonly listen: string; readonly to: string | null };

/**
 * Reads what follows -L, -R or -D in ssh(1):
 * `[bind:]port:host:hostport`, `[bind:]port:/remote.sock`, `/local.sock:host:hostport`, `/local.sock:/remote.sock`,
 * for -D and for -R without a target `[bind:]port`. IPv6 addresses stand in brackets. An empty bind address and `*`
 * mean every address; none means 127.0.0.1. Parts with a `/` are paths of Unix sockets.
 */
export function parseForwardSpec(flag: SpecFlag, spec: string): Parsed<ForwardDocument> {
  const fields = splitFields(spec);
  if (!fields.ok) return fields;
  const ends = endsOf(fields.value, flag);
  return ends.ok ? documentOf(flag, ends.value) : ends;
}

function documentOf(flag: SpecFlag, { listen, to }: Ends): Parsed<ForwardDocument> {
  if (to === null) return flag === '-L' ? fail('too-few') : ok(flag === '-D' ? { dynamic: listen } : { remoteDynamic: listen });
  if (flag === '-D') return fail('too-many');
  const far = flag === '-L' ? to : listen;
  if (isPath(far) && !far.startsWith('/')) return fail('bad-path');
  return ok(flag === '-L' ? { local: listen, to } : { remote: listen, to });
}

function endsOf(fields: readonly string[], flag: SpecFlag): Parsed<Ends> {
  const [first = '', second = '', third = '', fourth = ''] = fields;
  switch (fields.length) {
    case 1:
      return first === '' ? fail('empty') : ends(isPath(first) ? ok(first) : port(first, 0), ok(null));
    case 2:
      if (isPath(second)) return ends(isPath(first) ? ok(first) : port(first, 0), ok(second));
      return flag === '-L' || isPath(first) ? fail('too-few') : ends(bound(first, second), ok(null));
    case 3:
      if (isPath(first)) return ends(ok(first), target(second, third));
      if (isPath(third)) return ends(bound(first, second), ok(third));
      return ends(port(first, 0), target(second, third));
    case 4:
      return isPath(first) ? fail('too-many') : ends(bound(first, second), target(third, fourth));
    default:
      return fail('too-many');
  }
}

function ends(listen: Parsed<string>, to: Parsed<string | null>): Parsed<Ends> {
  if (!listen.ok) return listen;
  return to.ok ? ok({ listen: listen.value, to: to.value }) : to;
}

function bound(host: string, text: string): Parsed<string> {
  if (!isHost(host) && host !== '') return fail('bad-host');
  const number = port(text, 0);
  return number.ok ? ok(`${host === '' ? '*' : bracketed(host)}:${number.value}`) : number;
}

function target(host: string, text: string): Parsed<string> {
  if (host === '') return fail('host-missing');
  if (!isHost(host)) return fail('bad-host');
  const number = port(text, 1);
  return number.ok ? ok(`${bracketed(host)}:${number.value}`) : number;
}

function port(text: string, least: 0 | 1): Parsed<string> {
  const number = Number(text);
  return /^\d{1,5}$/.test(text) && number >= least && number <= 65535 ? ok(String(number)) : fail('bad-port');
}

/** A field with a `/` is a path, as in OpenSSH's parse_fwd_field(). */
const isPath = (field: string): boolean => field.includes('/');
const isHost = (host: string): boolean =>
  /^[^\s[\]@/-][^\s[\]@/]*$/.test(host) && (!host.includes(':') || /^[0-9a-f:.]+(%\w+)?$/i.test(host));
const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Splits at colons outside brackets and takes the brackets off; `\:` is a colon that does not split, and a bracket within a field is itself. */
function splitFields(spec: string): Parsed<string[]> {
  const fields: string[] = [];
  let rest = spec;
  for (;;) {
    const match = /^\[([^\]]*)\](?=:|$)/.exec(rest) ?? /^((?!\[)(?:\\.|[^:\\]|\\)*)(?=:|$)/.exec(rest);
    if (match === null) return fail('unclosed-bracket');
    fields.push((match[1] ?? '').replaceAll(/\\(.)/g, '$1'));
    rest = rest.slice(match[0].length);
    if (rest === '') return ok(fields);
    rest = rest.slice(1);
  }
}
