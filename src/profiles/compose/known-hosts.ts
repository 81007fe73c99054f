import { mapping, scalar, type Mapping } from './part.ts';

/**
 * A known_hosts file beside the profiles (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) as a part of a document, like the defaults of
 * the folder. Its lines keep their numbers, to be told by them; comments and what ssh passes over are left out.
 */
export function partOfKnownHosts(text: string, file: string): Mapping {
  const at = { file, line: 1, column: 1 };
  const lines = text.split('\n').map(withoutComment);
  const entry = (value: string) => ({ key: at, value: scalar(value, at) });
  const fields = new Map([
    ['file', entry(file)],
    ['text', entry(lines.join('\n').trimEnd())],
  ]);
  return mapping(new Map([['knownHosts', { key: at, value: mapping(fields, at) }]]), at);
}

function withoutComment(line: string): string {
  const words = line.split(/[ \t\r]+/).filter((word) => word !== '');
  const marked = words[0]?.startsWith('@') === true;
  const [key, base64] = words.slice(marked ? 2 : 1);
  if (words[0]?.startsWith('#') !== false || key === undefined || base64 === undefined) return '';
  // A `$` is in no name of a host, and would be looked at as a variable here.
  return line.includes('$') ? '' : words.slice(0, marked ? 4 : 3).join(' ');
}
