import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printSpec, readSpec } from '../../../src/profiles/sources/spec.ts';
import { must } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';

const home = tempDir('spec');
const read = (text: string) => readSpec(text, { cwd: home, home });
const git = (url: string, ref: string | null = null, folder: string | null = null) => ({ kind: 'git', url, ref, folder });

describe('what is typed as a source', () => {
  test.each([
    ['git@github.com:acme/tunnels.git', git('git@github.com:acme/tunnels.git')],
    ['git@github.com:acme/tunnels.git#main//teams/db', git('git@github.com:acme/tunnels.git', 'main', 'teams/db')],
    ['host:repo//db/', git('host:repo', null, 'db')],
    ['ssh://ann@host:2222/srv/t.git#v1.2', git('ssh://ann@host:2222/srv/t.git', 'v1.2')],
    ['ssh://[::1]:22/t#feature/x', git('ssh://[::1]:22/t', 'feature/x')],
    ['https://git.acme.com/infra//tunnels', git('https://git.acme.com/infra', null, 'tunnels')],
    ['https://git.acme.com/infra//tunnels#main', git('https://git.acme.com/infra', 'main', 'tunnels')],
    ['git+https://git.acme.com/odd.yaml', git('https://git.acme.com/odd.yaml')],
    ['file:///srv/git/t.git#main//db', git('file:///srv/git/t.git', 'main', 'db')],
    ['https://acme.com/a/db-prod.yaml', { kind: 'https', url: 'https://acme.com/a/db-prod.yaml' }],
    ['https://acme.com/db.json?v=2', { kind: 'https', url: 'https://acme.com/db.json?v=2' }],
  ])('%s', (text, spec) => {
    expect(read(text)).toEqual(spec);
  });

  test('a folder is one, from here or from home; with a ref, or bare, it is a repository', async () => {
    mkdirSync(join(home, 'team'));
    await must('git', ['init', '--quiet', '--bare', join(home, 'bare')]);
    expect([read('./team'), read('team'), read('~/team')]).toEqual(Array(3).fill({ kind: 'folder', directory: join(home, 'team') }));
    symlinkSync(join(home, 'team'), join(home, 'link'));
    expect(read('link')).toEqual({ kind: 'folder', directory: join(home, 'team') });
    expect(read('team#main//x')).toEqual(git(`file://${home}/team`, 'main', 'x'));
    expect(read('bare')).toEqual(git(`file://${home}/bare`));
  });

  test('is printed as it was typed', () => {
    for (const text of ['git@h:r#main//d/e', 'https://h/r//d', 'https://h/x.yaml']) expect(printSpec(read(text))).toBe(text);
  });

  test.each([
    ['--upload-pack=touch /tmp/x', 'option'],
    ['-oProxyCommand=x', 'option'],
    ['ssh://-oProxyCommand=x/y', 'option'],
    ['ssh://-oProxyCommand=touch%20x@host/y', 'option'],
    ['ssh://%2doProxyCommand=x/y', 'option'],
    ['-oProxyCommand=x@host:y', 'option'],
    ['ann@-oProxyCommand=x:y', 'option'],
    ['host:-upload', 'option'],
    ['ext::sh -c touch% /tmp/x', 'scheme'],
    ['fd::17', 'scheme'],
    ['ftp://host/x', 'scheme'],
    ['http://host/x.yaml', 'plain'],
    ['HTTP://host/x', 'plain'],
    ['git://host/x', 'plain'],
    ['https://ann:geheim@host/x', 'secret'],
    ['https://ann@host/x.yaml', 'login'],
    ['file://host/x', 'address'],
    ['https://', 'address'],
    ['', 'address'],
    ['git@h:r#', 'ref'],
    ['git@h:r#-x', 'ref'],
    ['git@h:r#+main', 'ref'],
    ['git@h:r#a..b', 'ref'],
    ['git@h:r#a:refs/heads/b', 'ref'],
    ['git@h:r#a b', 'ref'],
    ['git@h:r#HEAD@{1}', 'ref'],
    ['git@h:r#main~3', 'ref'],
    ['git@h:r#.hidden', 'ref'],
    ['git@h:r#x.lock', 'ref'],
    ['git@h:r//..', 'folder'],
    ['git@h:r//a/../../b', 'folder'],
    ['git@h:r//.git', 'folder'],
    ['git@h:r//-x', 'folder'],
    ['git@h:r//a:b', 'folder'],
    ['https://h/x.yaml#main', 'not-git'],
    ['https://h/%2e%2e%2fx.yaml', 'file-name'],
    ['https://h/-x.yaml', 'file-name'],
    ['git@h:r\u001b[31m', 'unprintable'],
    ['git@h\u202e:r', 'unprintable'],
    ['./nowhere', 'absent'],
  ])('refuses %j', (text, why) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'source-invalid', facts: expect.objectContaining({ why }) }) }),
    );
  });

  test('a password is not repeated', () => {
    expect(() => read('https://ann:geheim@host/x')).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ facts: { text: 'https://ann:(hidden)@host/x', why: 'secret' } }) }),
    );
  });
});
