// What `npm test` runs: the checks, the packed and installed command, then every test. Ends with one line `N passed, N failed`.
// Arguments go to vitest: `npm test -- test/model` runs the tests of one folder, after the checks.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideSystemPackages } from './system-packages.mjs';
import { countTests } from './count-tests.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter) };
const say = (text) => process.stdout.write(`${text}\n`);
const tally = { passed: 0, failed: 0 };

const temp = await mkdtemp(join(tmpdir(), 'tunnels-test-'));
await chmod(temp, 0o755);
try {
  await everything();
} finally {
  await rm(temp, { recursive: true, force: true });
  await rm(`/tmp/tunnels-tests-${process.getuid?.() ?? 'all'}/${process.pid}`, { recursive: true, force: true });
}
process.exitCode = tally.failed === 0 ? 0 : 1;
say(`${tally.passed} passed, ${tally.failed} failed`);

async function everything() {
  const leftOut = provideSystemPackages(say);
  if (leftOut.length > 0) say(`left out: the tests that need ${leftOut.join(', ')}`);
  await check('format', ['biome', 'format', '--config-path=test/tooling']);
  await check('types', ['tsc', '--noEmit']);
  await check('lint', ['oxlint', '-c', 'test/tooling/oxlintrc.json', '--type-aware', '--deny-warnings', 'src', 'bin', 'test']);
  await check('unused code', ['knip', '--no-progress']);
  const built = await check('build', [process.execPath, 'test/tooling/build.mjs']);
  await check('package', ['publint', '--strict', '--pack', 'npm']);
  await runTests(built ? await installed() : undefined);
}

/** Runs one step, its output shown as it comes; it counts as one test. */
async function check(name, argv, options = {}) {
  const from = performance.now();
  const ok = (await run(argv, options)) === 0;
  tally[ok ? 'passed' : 'failed'] += 1;
  say(`${ok ? 'ok' : 'FAILED'}  ${name}  ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return ok;
}

/** Packs the package and installs it as `npm install -g` does for a user; gives the command's path. */
async function installed() {
  const quiet = ['--silent', '--no-audit', '--no-fund', '--no-update-notifier'];
  // The build has just been made; `prepack` would make it again.
  if (!(await check('pack', ['npm', 'pack', '--ignore-scripts', '--pack-destination', temp, ...quiet]))) return undefined;
  const tarball = (await readdir(temp)).find((name) => name.endsWith('.tgz'));
  const prefix = join(temp, 'installed');
  const install = ['npm', 'install', '--global', '--prefix', prefix, join(temp, tarball), ...quiet, '--loglevel=error'];
  return (await check('install', install)) ? join(prefix, 'bin', 'tunnels') : undefined;
}

async function runTests(command) {
  const report = join(temp, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const argv = ['vitest', 'run', '--config', 'test/tooling/vitest.config.ts', '--root', '.', ...reporters, ...process.argv.slice(2)];
  // NODE_EXTRA_CA_CERTS makes each start of Node 75 ms slower, and the tests talk to this machine only.
  const { NODE_EXTRA_CA_CERTS: _, ...bare } = env;
  const code = await run(argv, { env: { ...bare, TUNNELS_TEST_RUN: String(process.pid), ...(command && { TUNNELS_TEST_BIN: command }) } });
  const text = await readFile(report, 'utf8').catch(() => undefined);
  const { passed, failed } = countTests(text && JSON.parse(text), { code, strict: process.env.CI === 'true' });
  tally.passed += passed;
  tally.failed += failed;
}

function run([command, ...args], options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.on('error', (error) => {
      say(String(error));
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
