import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

const FORWARDS = 'forwards: [{ dynamic: 1080 }]\n';
const BOMB = ['a: &a0 [x]', ...Array.from({ length: 60 }, (_, index) => `k${index}: &a${index + 1} [${`*a${index},`.repeat(9)}]`)].join(
  '\n',
);

type Attack = readonly [attack: string, name: string, make: (file: string) => void, says: string];
const text =
  (content: string) =>
  (file: string): void =>
    writeFileSync(file, content);

/** What a repository can put into its `.tunnels/` to do harm. None of it may be used, and each is told with its place. */
const ATTACKS: readonly Attack[] = [
  ['a file of 1 GB', 'big', (file) => (writeFileSync(file, ''), truncateSync(file, 1_073_741_824)), 'more than 1 MB'],
  ['a bomb of aliases', 'bomb', text(BOMB), 'too many'],
  ['a link out of the folder', 'link', (file) => symlinkSync('/etc/passwd', file), 'leads out of its folder'],
  ['a base outside of the folder', 'dots', text(`extends: ../../x\n${FORWARDS}`), 'outside of the folder'],
  ['a host that is an option', 'dash', text(`hops: [-oProxyCommand=id]\n${FORWARDS}`), 'may not begin with -'],
  ['a user that is an option', 'user', text(`hops: [{ host: a, user: -oX }]\n${FORWARDS}`), 'may not begin with -'],
  ['a profile that is named like an option', '--all', text(`hops: [a]\n${FORWARDS}`), 'cannot be the name of a profile'],
  ['a profile whose name has backslashes', 'x\\..\\y', text(`hops: [a]\n${FORWARDS}`), 'cannot be the name of a profile'],
];

function repository(): { readonly world: World; readonly folder: string } {
  const world = makeWorld();
  const folder = join(world.home, '.tunnels');
  for (const path of [join(world.home, '.git'), folder]) mkdirSync(path);
  return { world, folder };
}

describe("a repository's folder", () => {
  test.each(ATTACKS)('with %s brings nothing up, asks for no trust in it, and says where it is', async (_attack, name, make, says) => {
    const { world, folder } = repository();
    make(join(folder, `${name}.yaml`));
    for (const argv of [
      ['up', '--no-wait', '--', name],
      ['profiles', 'trust', '--yes', '--', name],
    ]) {
      const ran = await run(world, ...argv);
      expect([argv, ran.code, world.requests]).toEqual([argv, 2, []]);
    }
    const told = await run(world, 'profiles', 'validate', '--all');
    const place = `${join(folder, `${name}.yaml`)}:`;
    expect([told.code, told.err]).toEqual([2, expect.stringContaining(place)]);
    expect(told.err.slice(told.err.indexOf(place) + place.length)).toMatch(/^\d+:\d+ /);
    expect(told.err).toContain(says);
  });

  test('with all of them at once keeps none of the others from being told, and none from being used that is good', async () => {
    const { world, folder } = repository();
    for (const [, name, make] of ATTACKS) make(join(folder, `${name}.yaml`));
    writeFileSync(join(folder, 'good.yaml'), `hops: [a]\n${FORWARDS}`);
    const listed = await run(world, 'list');
    for (const [, , , says] of ATTACKS) expect(listed.err).toContain(says);
    expect(listed.out).toMatch(/^good +down +project +not trusted/m);
    await run(world, 'profiles', 'trust', 'good', '--yes');
    expect((await run(world, 'up', 'good', '--no-wait')).code).toBe(0);
  });

  test('with a description that steers the terminal does not, whichever command shows it', async () => {
    const { world, folder } = repository();
    writeFileSync(join(folder, 'esc.yaml'), `description: "\\e[2J\\e]0;own\\a\\u202eevil"\nhops: [a]\n${FORWARDS}`);
    for (const argv of [['list'], ['profiles', 'show', 'esc'], ['profiles', 'show', 'esc', '--resolved'], ['profiles', 'trust', 'esc']]) {
      const { out, err } = await run(world, ...argv);
      expect(out + err).toContain('evil');
      // oxlint-disable-next-line no-control-regex
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });
});
