import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { isRoot, must, run } from '../support/run.ts';
import { tempDir } from '../support/temp-home.ts';

const WORDS = 'exports.word = () => "WORD"; exports.url = moduleUrl; exports.late = () => importModule("node:path");\n';

/** A process of its own for each run, as a compiled form is kept at its end. */
describe('a script with its compiled form', () => {
  let program = '';
  beforeAll(async () => {
    program = join(tempDir(), 'program.mjs');
    const contents = `import { runScript } from './src/platform/compiled-script.ts';
      const { word, url, late } = runScript(process.argv[2], process.argv[3] || null);
      process.stdout.write([word(), url, typeof (await late()).join].join(' '));`;
    await build({
      stdin: { contents, resolveDir: resolve('.'), loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
  });

  const place = (word = 'first') => {
    const folder = tempDir();
    const script = join(folder, 'script.cjs');
    writeFileSync(script, WORDS.replace('WORD', word));
    return { folder, script, compiled: join(folder, 'compiled', 'up.bin') };
  };
  const word = async (script: string, compiled: string): Promise<string | undefined> =>
    (await must(process.execPath, [program, script, compiled])).split(' ')[0];

  test('does the same with it and without it, and keeps it for its owner only', async () => {
    const { script, compiled } = place();
    const first = await must(process.execPath, [program, script, compiled]);
    expect(first).toBe(`first file://${script} function`);
    expect([statSync(compiled).mode & 0o777, statSync(join(compiled, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    const kept = readFileSync(compiled);
    expect(await must(process.execPath, [program, script, compiled])).toBe(first);
    expect(readFileSync(compiled).equals(kept)).toBe(true);
  });

  test('is compiled anew when it has changed, though it is as long and as old as before', async () => {
    const { script, compiled } = place();
    await word(script, compiled);
    const { atime, mtime } = statSync(script);
    writeFileSync(script, WORDS.replace('WORD', 'other'));
    utimesSync(script, atime, mtime);
    expect(await word(script, compiled)).toBe('other');
    expect(await word(script, compiled)).toBe('other');
  });

  test.each([
    ['nothing', ''],
    ['something else', 'x'.repeat(5000)],
  ])('passes over a file that has %s in it, and puts its own there', async (_, text) => {
    const { script, compiled } = place();
    await word(script, compiled);
    writeFileSync(compiled, text);
    expect(await word(script, compiled)).toBe('first');
    expect(readFileSync(compiled, 'utf8')).not.toBe(text);
  });

  test('passes over what V8 does not take, such as that of another version', async () => {
    const { script, compiled } = place();
    await word(script, compiled);
    const bytes = readFileSync(compiled).fill(0, 128, 160);
    writeFileSync(compiled, bytes);
    expect(await word(script, compiled)).toBe('first');
    expect(readFileSync(compiled).equals(bytes)).toBe(false);
  });

  test.each([
    ['the file', 'compiled/up.bin', 0o622],
    ['its folder', 'compiled', 0o770],
  ])('does not run what others may have written: %s', async (_, path, mode) => {
    const { folder, script, compiled } = place();
    await word(script, compiled);
    const trap = place('trap!');
    await word(trap.script, trap.compiled);
    const theirs = Buffer.concat([readFileSync(compiled).subarray(0, 128), readFileSync(trap.compiled).subarray(128)]);
    writeFileSync(compiled, theirs);
    // What this rule keeps away.
    expect(await word(script, compiled)).toBe('trap!');
    chmodSync(join(folder, path), mode);
    expect(await word(script, compiled)).toBe('first');
  });

  test('is run all the same where nothing can be kept, and leaves nothing behind', async () => {
    const { folder, script } = place();
    expect(await word(script, join(folder, 'missing', 'compiled', 'up.bin'))).toBe('first');
    expect(await word(script, '')).toBe('first');
    mkdirSync(join(folder, 'compiled', 'up.bin'), { recursive: true });
    expect(await word(script, join(folder, 'compiled', 'up.bin'))).toBe('first');
    expect(readdirSync(join(folder, 'compiled'))).toEqual(['up.bin']);
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });

  test.runIf(isRoot)('is not kept by root where the folder is that of somebody else', async () => {
    const { folder, script, compiled } = place();
    chownSync(folder, 12_345, 12_345);
    expect(await word(script, compiled)).toBe('first');
    expect(readdirSync(folder)).toEqual(['script.cjs']);
  });

  test('tells an error at its place in the script', async () => {
    const { script, compiled } = place();
    writeFileSync(script, '\nthrow new Error("here");\n');
    const { stderr, code } = await run(process.execPath, [program, script, compiled]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${script}:2`)]);
  });
});
