import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knownHostsName } from '../../../src/platform/known-host-names.ts';
import { parseKnownHosts, speaksOf } from '../../../src/ssh/identity/host-keys/known-hosts.ts';
import { makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'), Buffer.alloc(32, 7)]).toString('base64')}`;
const linesFor = (text: string, name: string): number[] =>
  parseKnownHosts(text)
    .filter((line) => speaksOf(line, name))
    .map(({ line }) => line);

describe('lines of known_hosts', () => {
  test('names, ports, wildcards and negation are matched as ssh_config(5) patterns', () => {
    expect(linesFor(`a,b,10.0.0.1 ${KEY}\n`, 'b')).toEqual([1]);
    expect(linesFor(`[a]:2222 ${KEY}\n`, '[a]:2222')).toEqual([1]);
    expect(linesFor(`[a]:2222 ${KEY}\n`, 'a')).toEqual([]);
    expect(linesFor(`a ${KEY}\n`, '[a]:2222')).toEqual([]);
    expect(linesFor(`*.example.com ${KEY}\n`, 'db.example.com')).toEqual([1]);
    expect(linesFor(`*.example.com ${KEY}\n`, 'example.com')).toEqual([]);
    expect(linesFor(`h? ${KEY}\n`, 'h1')).toEqual([1]);
    expect(linesFor(`h? ${KEY}\n`, 'h12')).toEqual([]);
    expect(linesFor(`*.example.com,!db.example.com ${KEY}\n`, 'db.example.com')).toEqual([]);
    expect(linesFor(`!db.example.com ${KEY}\n`, 'x')).toEqual([]);
    expect(linesFor(`[*.example.com]:22?? ${KEY}\n`, '[db.example.com]:2222')).toEqual([1]);
  });

  test('a dot in a name is a dot', () => {
    expect(linesFor(`a.b ${KEY}\n`, 'axb')).toEqual([]);
  });

  test('case does not matter', () => {
    expect(linesFor(`DB.Example.com ${KEY}\n`, 'db.EXAMPLE.com')).toEqual([1]);
    expect(knownHostsName('DB', 22)).toBe('db');
  });

  test('comments, empty lines, CRLF, tabs, indentation and trailing comments are understood, and lines are counted from 1', () => {
    expect(linesFor(`# a ${KEY}\r\n\r\n  a\t${KEY} root@a b c\r\n`, 'a')).toEqual([3]);
  });

  test('markers are told apart', () => {
    const lines = parseKnownHosts(`@revoked * ${KEY}\n@cert-authority *.x ${KEY}\na ${KEY}\n@other a ${KEY}\n`);
    expect(lines.map(({ marker, line }) => [marker, line])).toEqual([
      ['revoked', 1],
      ['cert-authority', 2],
      ['none', 3],
    ]);
  });

  test('a key whose bytes are of another type than its line says is not believed', () => {
    expect(parseKnownHosts(`a ${KEY.replace('ssh-ed25519', 'ssh-rsa')}\n`)).toEqual([]);
  });

  test('broken lines are passed over and cost no other line', () => {
    const text = `a\na ssh-ed25519\na ssh-ed25519 !!!\n|1|x ${KEY}\n|1|| ${KEY}\n|2|AAAA|AAAA ${KEY}\n@revoked\na 1024 35 1234\na ${KEY}\n`;
    expect(linesFor(text, 'a')).toEqual([9]);
  });

  test('no text whatever makes it fail, nor matches a name that is not there', () => {
    const piece = fc.constantFrom('|1|', '@revoked', '!', '*', ' ', '\n', '\r', ',', '[h]:22', KEY, 'AAAA', '=', '#');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        for (const line of parseKnownHosts(pieces.join(''))) speaksOf(line, 'some.host');
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => Array.isArray(parseKnownHosts(Buffer.from(bytes).toString('latin1')))));
  });

  test('a pattern of many stars is decided at once', () => {
    expect(linesFor(`${'*a'.repeat(2000)} ${KEY}\n`, 'a'.repeat(250))).toEqual([]);
  });
});

describe('compared with ssh-keygen', () => {
  const names = ['plain', '[plain]:2222', 'a.example.com', 'x.example.com', '10.1.2.3', '::1', '[::1]:2200', 'alias'];
  const text = (key: string): string =>
    [
      `plain,10.1.2.3 ${key}`,
      `[plain]:2222 ${key} comment`,
      `*.example.com,!x.example.com ${key}`,
      `::1,[::1]:2200 ${key}`,
      `# alias ${key}`,
      `@revoked x.example.com ${key}`,
    ].join('\n') + '\n';

  test('every name is found on the same lines, in a plain and in a hashed file', async () => {
    const dir = tempDir();
    const { publicLine } = await makeKey(dir);
    const file = join(dir, 'known_hosts');
    writeFileSync(file, text(publicLine.split(' ').slice(0, 2).join(' ')));
    for (const hashed of [false, true]) {
      if (hashed) await must('ssh-keygen', ['-H', '-f', file]);
      const content = await must('cat', [file]);
      for (const name of names) {
        const { stdout } = await run('ssh-keygen', ['-F', name, '-f', file]);
        const theirs = [...stdout.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
        expect([name, linesFor(content, name)]).toEqual([name, theirs]);
      }
    }
  });
});
