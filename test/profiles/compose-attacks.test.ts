import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createReader } from '../../src/profiles/compose/reader.ts';
import { loadProfile } from '../../src/profiles/load-profile.ts';
import { readOverlay } from '../../src/profiles/overlay/read-overlay.ts';

const BODY = 'hops: [a]\nforwards: [{ dynamic: 1 }]\n';
let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tunnels-attack-')));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** As of a team's folder `.tunnels`: no link may leave it. */
const load = (name: string, linksMayLeave = false) =>
  loadProfile(join(root, name), { home: '/home/ann', scope: { folder: join(root, '.tunnels'), linksMayLeave } });

async function errorsOf(name = '.tunnels/db.yaml'): Promise<string[]> {
  const loaded = await load(name);
  return loaded.ok ? [] : loaded.error.map(({ file, line, column, text }) => `${file.slice(root.length + 1)}:${line}:${column} ${text}`);
}

const hashOf = async (): Promise<string> => {
  const loaded = await load('.tunnels/db.yaml');
  return loaded.ok ? loaded.value.sha256 : 'invalid';
};

describe('a base', () => {
  test.each([
    '../../etc/passwd',
    '../outside',
    '/etc/passwd',
    '.',
    '..',
    '../.tunnels',
    'sub/../../outside',
    '\u0000',
    '../.tunnels-other/x',
  ])('that is %j is not read', async (text) => {
    for (const name of ['outside.yaml', '.tunnels.yaml', '.tunnels-other/x.yaml']) await write(name, 'hold: 1s\n');
    await write('.tunnels/db.yaml', `extends: ${JSON.stringify(text)}\n${BODY}`);
    expect(await errorsOf()).toEqual([expect.stringMatching(/^\.tunnels\/db\.yaml:1:10 extends names .* outside of the folder/)]);
  });

  test('whose name looks like an option or a home is a file of that name, and there is none', async () => {
    for (const text of ['--all', '~/base', '$HOME/base', '`id`']) {
      await write('.tunnels/db.yaml', `extends: ${JSON.stringify(text)}\n${BODY}`);
      expect(await errorsOf()).toEqual([expect.stringContaining('there is no such profile')]);
    }
  });

  test('that is a link out of the folder, or lies behind one, is not read, nor are such defaults, nor a profile put in place later', async () => {
    await write('outside/base.yaml', 'hold: 1s\n');
    await write('.tunnels/file.yaml', `extends: link\n${BODY}`);
    await write('.tunnels/folder.yaml', `extends: dir/base\n${BODY}`);
    await symlink(join(root, 'outside/base.yaml'), join(root, '.tunnels/link.yaml'));
    await symlink(join(root, 'outside'), join(root, '.tunnels/dir'));
    expect(await errorsOf('.tunnels/file.yaml')).toEqual([expect.stringContaining('outside of the folder')]);
    expect(await errorsOf('.tunnels/folder.yaml')).toEqual([expect.stringContaining('outside of the folder')]);
    expect(await errorsOf('.tunnels/link.yaml')).toEqual([
      '.tunnels/link.yaml:1:1 This link leads out of its folder, so it is not followed. Put the profile itself here.',
    ]);
    await symlink(join(root, 'outside/base.yaml'), join(root, '.tunnels/_defaults.yaml'));
    await write('.tunnels/plain.yaml', BODY);
    expect(await errorsOf('.tunnels/plain.yaml')).toEqual([expect.stringMatching(/^\.tunnels\/_defaults\.yaml:1:1 This link leads out/)]);
  });

  test('that is a link within the folder is read, and of the own folder any link is', async () => {
    await write('outside/base.yaml', 'hold: 1s\n');
    await write('.tunnels/real.yaml', 'hold: 2s\n');
    await write('.tunnels/db.yaml', `extends: link\n${BODY}`);
    await symlink('real.yaml', join(root, '.tunnels/link.yaml'));
    expect(await load('.tunnels/db.yaml')).toMatchObject({ ok: true, value: { profile: { holdMs: 2000 } } });
    await rm(join(root, '.tunnels/link.yaml'));
    await symlink(join(root, 'outside/base.yaml'), join(root, '.tunnels/link.yaml'));
    expect(await load('.tunnels/db.yaml', true)).toMatchObject({ ok: true, value: { profile: { holdMs: 1000 } } });
  });

  test('of a gigabyte, a named pipe, a folder and a bomb of aliases are errors of that file', async () => {
    await write('.tunnels/large.yaml', '');
    await truncate(join(root, '.tunnels/large.yaml'), 1_000_000_000);
    execFileSync('mkfifo', [join(root, '.tunnels/pipe.yaml')]);
    await mkdir(join(root, '.tunnels/folder.yaml'));
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let depth = 1; depth < 60; depth += 1) lines.push(`k${depth}: &a${depth} [${`*a${depth === 1 ? '' : depth - 1},`.repeat(9)}]`);
    await write('.tunnels/bomb.yaml', `${lines.join('\n')}\n`);
    for (const [base, text] of [
      ['large', 'more than 1 MB'],
      ['pipe', 'not a file'],
      ['folder', 'not a file'],
      ['bomb', 'too many'],
    ]) {
      await write('.tunnels/db.yaml', `extends: ${base}\n${BODY}`);
      const errors = await errorsOf();
      expect(errors).toEqual([expect.stringContaining(`.tunnels/${base}.yaml:`)]);
      expect(errors[0]).toContain(text);
    }
  });

  test('with a hundred thousand keys, the same key twice, or as many values as fit, is told of in reasonable time', async () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `key${index}: 1`).join('\n');
    await write('.tunnels/base.yaml', `${keys}\n`);
    await write('.tunnels/db.yaml', `extends: base\n${BODY}`);
    expect(await errorsOf()).toEqual(['.tunnels/base.yaml:1:1 The file has too many values to be a profile.']);
    await write('.tunnels/base.yaml', `a: &a 1\nb: [${'*a,'.repeat(100_000)}]\n`);
    expect(await errorsOf()).toEqual([expect.stringContaining('too many')]);
  });
});

describe('variables', () => {
  test('that would make a text grow without end are an error, and none is looked into', async () => {
    const uses = '${x}'.repeat(1000);
    await write('.tunnels/db.yaml', `variables: { x: "${'y'.repeat(2000)}" }\ndescription: "${uses}"\n${BODY}`);
    expect(await errorsOf()).toEqual([expect.stringMatching(/^\.tunnels\/db\.yaml:2:14 .*more than 1000000 characters/)]);
    const chain = Array.from({ length: 30 }, (_, index) => `  v${index + 1}: "\${v${index}}\${v${index}}"`).join('\n');
    await write('.tunnels/db.yaml', `variables:\n  v0: x\n${chain}\ndescription: "\${v30}"\n${BODY}`);
    const errors = await errorsOf();
    expect(errors).toHaveLength(30);
    expect(errors[0]).toContain('The variable v1 uses a variable, and none may');
  });

  test('are never those of the environment', async () => {
    await write('.tunnels/db.yaml', `description: \${HOME} \${PATH}\n${BODY}`);
    expect(await errorsOf()).toEqual([expect.stringContaining('HOME is not declared'), expect.stringContaining('PATH is not declared')]);
  });

  test('cannot put an option of ssh, a second hop or a command into a place that takes none', async () => {
    for (const value of ['-oProxyCommand=id', 'a b', '$(id)', 'x;id']) {
      await write('.tunnels/db.yaml', `variables: { h: ${JSON.stringify(value)} }\nhops: ["\${h}"]\nforwards: [{ dynamic: 1 }]\n`);
      expect(await errorsOf()).toEqual([expect.stringMatching(/^\.tunnels\/db\.yaml:1:17 The hop .* cannot be used/)]);
    }
  });

  test('with a name that every object has are like any other', async () => {
    await write('.tunnels/db.yaml', `description: "\${constructor}\${toString}"\n${BODY}`);
    expect(await errorsOf()).toHaveLength(2);
    await write('.tunnels/db.yaml', `variables: { constructor: a }\ndescription: "\${constructor}"\n${BODY}`);
    expect(await load('.tunnels/db.yaml')).toMatchObject({ ok: true, value: { document: { description: 'a' } } });
  });
});

describe('what is trusted', () => {
  test('is the bytes of the file where it is alone, as it was before there were bases', async () => {
    await write('.tunnels/db.yaml', BODY);
    expect(await hashOf()).toBe(createHash('sha256').update(BODY).digest('hex'));
  });

  test('is another after any change of any file, also of one that comes or goes, and of which file is the base', async () => {
    await write('.tunnels/a.yaml', 'hold: 1s\n');
    await write('.tunnels/db.yaml', `extends: a\n${BODY}`);
    const seen = [await hashOf()];
    const change = async (name: string, text: string): Promise<void> => {
      await write(name, text);
      seen.push(await hashOf());
    };
    await change('.tunnels/a.yaml', 'hold: 1s\n# more\n');
    await change('.tunnels/_defaults.yaml', 'idle: 1m\n');
    await change('.tunnels/_defaults.yaml', 'idle: 2m\n');
    await change('.tunnels/a.yaml', 'extends: b\n');
    await change('.tunnels/b.yaml', 'hold: 1s\n');
    await change('.tunnels/db.yaml', `extends: b\n${BODY}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('is the same in another place', async () => {
    for (const name of ['one', 'two']) {
      await write(`${name}/.tunnels/_defaults.yaml`, 'hold: 1s\n');
      await write(`${name}/.tunnels/db.yaml`, BODY);
    }
    const loaded = await Promise.all(['one', 'two'].map((name) => loadProfile(join(root, name, '.tunnels/db.yaml'))));
    const [one, two] = loaded.map((each) => (each.ok ? each.value.sha256 : null));
    expect(one).toBe(two);
  });

  test('names every file that was read, and each is read once', async () => {
    await write('.tunnels/_defaults.yaml', 'hold: 1s\n');
    await write('.tunnels/base.yaml', 'idle: 1m\n');
    const file = await write('.tunnels/db.yaml', `extends: base\n${BODY}`);
    const read = createReader();
    const scope = { folder: join(root, '.tunnels'), linksMayLeave: false };
    const before = await loadProfile(file, { read, scope });
    // What changes while a command runs is of the next command.
    await write('.tunnels/base.yaml', 'idle: 9m\n');
    const after = await loadProfile(file, { read, scope });
    expect(before.ok && before.value.files.map(({ file: each, role }) => `${role} ${each.slice(root.length)}`)).toEqual([
      'profile /.tunnels/db.yaml',
      'base /.tunnels/base.yaml',
      'defaults /.tunnels/_defaults.yaml',
    ]);
    expect(after.ok && after.value.profile.idleMs).toBe(60_000);
    expect(after.ok && before.ok && after.value.sha256 === before.value.sha256).toBe(true);
  });
});

describe('any text in any of the files', () => {
  const word = fc.constantFrom(
    'extends',
    'variables',
    'hops',
    'forwards',
    'profiles',
    'db',
    'hosts',
    'user',
    'name',
    'local',
    'x',
    '${x}',
    '"${y}"',
    '1',
    '~',
  );
  const line = fc
    .tuple(fc.constantFrom('', '  ', '    ', '  - ', '- '), word, fc.constantFrom(': ', ':', ''), word)
    .map((parts) => parts.join(''));
  const yaml = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));

  test('never throws, and every error has a place in a file that was read', async () => {
    await mkdir(join(root, '.tunnels'));
    await fc.assert(
      fc.asyncProperty(yaml, yaml, yaml, async (base, defaults, own) => {
        await write('.tunnels/db.yaml', `extends: base\n${BODY}`);
        await write('.tunnels/base.yaml', base);
        await write('.tunnels/_defaults.yaml', defaults);
        await write('own/overrides.yaml', own);
        const overlay = await readOverlay(join(root, 'own'));
        const loaded = await loadProfile(join(root, '.tunnels/db.yaml'), overlay.ok ? { overlay: overlay.value } : {});
        for (const error of [...(loaded.ok ? loaded.value.warnings : loaded.error), ...(overlay.ok ? [] : overlay.error)]) {
          expect(error.file).toMatch(/(db|base|_defaults|overrides)\.yaml$/);
          expect([error.line > 0, error.column > 0]).toEqual([true, true]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
