import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadProfile } from '../../src/profiles/load-profile.ts';

const GOOD = 'hops: [bastion]\nforwards:\n  - dynamic: 1080\n';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunnels-load-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(content: string | Buffer, name = 'db.yaml') {
  const file = join(folder, name);
  await writeFile(file, content);
  return loadProfile(file, { home: '/home/ann' });
}

const errorsOf = (loaded: Awaited<ReturnType<typeof loadProfile>>) =>
  loaded.ok ? [] : loaded.error.map(({ line, column, text }) => `${line}:${column} ${text}`);

describe('loadProfile', () => {
  test('makes paths absolute against the home and the file, and leaves the rest as it is written', async () => {
    const loaded = await load(
      `hops:\n  - { host: a, identity: [~/.ssh/k, keys/k, /abs/k] }\n  - b\nforwards:\n  - { local: ~/db.sock, to: /far/db.sock }\nsshConfig: ./ssh_config\n`,
    );
    expect(loaded).toMatchObject({
      ok: true,
      value: {
        document: {
          hops: [{ identity: ['/home/ann/.ssh/k', join(folder, 'keys/k'), '/abs/k'] }, 'b'],
          forwards: [{ local: '/home/ann/db.sock', to: '/far/db.sock' }],
          sshConfig: join(folder, 'ssh_config'),
        },
        profile: { name: 'db', ssh: { configFile: join(folder, 'ssh_config') }, forwards: [{ listen: { path: '/home/ann/db.sock' } }] },
      },
    });
  });

  test('hashes the bytes that it read', async () => {
    expect(await load(GOOD)).toMatchObject({ ok: true, value: { sha256: createHash('sha256').update(GOOD).digest('hex') } });
  });

  test('ssh -F none stays none', async () => {
    expect(await load(`${GOOD}sshConfig: none\n`)).toMatchObject({ ok: true, value: { document: { sshConfig: 'none' } } });
  });

  test('reads a file with a UTF-8 byte order mark and Windows line ends', async () => {
    expect((await load(`\uFEFF${GOOD.replaceAll('\n', '\r\n')}`)).ok).toBe(true);
  });

  test('tells the place of a byte that is not UTF-8, and of UTF-16', async () => {
    const broken = Buffer.concat([Buffer.from(`${GOOD}description: é`), Buffer.from([0xff]), Buffer.from('x')]);
    expect(errorsOf(await load(broken))).toEqual(['4:15 Here is a byte that is not UTF-8. Save the file as UTF-8.']);
    expect(errorsOf(await load(Buffer.from(`\uFEFF${GOOD}`, 'utf16le')))).toEqual(['1:1 The file is in UTF-16. Save it as UTF-8.']);
  });

  test('refuses what is no file, what is not there and what is too large', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    expect(errorsOf(await loadProfile(join(folder, 'pipe.yaml')))[0]).toContain('not a file');
    expect(errorsOf(await loadProfile(folder))[0]).toContain('not a file');
    expect(errorsOf(await loadProfile(join(folder, 'none.yaml')))).toEqual(['1:1 The file does not exist.']);
    expect(errorsOf(await load(`# ${'x'.repeat(1_000_000)}\n${GOOD}`))[0]).toContain('more than 1 MB');
  });

  test('ends for a file that is nested without end', async () => {
    expect(errorsOf(await load('['.repeat(200_000))).join('\n')).toContain('nested too deeply');
    expect(errorsOf(await load('a: '.repeat(50_000))).length).toBeGreaterThan(0);
  });

  test('never throws for any text, and gives every error a place in it', async () => {
    const pieces = fc.constantFrom(
      'hops:',
      'forwards:',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '!t ',
      '"',
      "'",
      '|',
      '? ',
      ': ',
      'x',
      '#',
      '\t',
      '%',
      '---',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        async (text) => {
          const loaded = await load(text);
          for (const { line, column } of loaded.ok ? [] : loaded.error) {
            expect(line).toBeGreaterThan(0);
            expect(line).toBeLessThanOrEqual(text.split('\n').length);
            expect(column).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
