import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prompts } from '../../src/model/prompt.ts';
import { BesideSsh } from '../support/beside-ssh.ts';
import { isRoot, must } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';
import { statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** What is planted. Nothing of it may be found again but where the test itself has put it. */
const SECRETS = {
  password: 'Correct-Horse_4711',
  wrongPassword: 'Wrong-Horse_4712',
  passphrase: 'opens "sesame" 0815',
  wrongPassphrase: 'opens nothing 0816',
  wrongCode: '918273645546',
  profile: 'Written-Down_4713',
} as const;

type Parts = { place: BesideSsh; servers: Record<'password' | 'questions' | 'key', Sshd>; heard: Map<string, string>; keyTexts: string[] };
const parts = {} as Parts;

describe.runIf(isRoot)('secrets', () => {
  beforeAll(prepare);
  afterAll(() => parts.place?.dispose());

  test('of logins, right and wrong, are in no file, no argument list, no environment, no answer and no report of a crash', async () => {
    const { place } = parts;
    const watched = watchProcesses();
    await logInByPassword();
    await logInByKey();
    await logInByQuestions();
    await askForAll();
    await crash();
    watched.stop();
    keepFiles(place.home.tunnelsHome);
    // The search would find what is there.
    expect(found(parts.place.user.name)).toEqual(expect.arrayContaining(['status --json', 'the environment of a process']));
    expect(found('test/e2e/planted')).toEqual(
      expect.arrayContaining([expect.stringMatching(/supervisor\.(log|err)/), expect.stringMatching(/^report\..*json$/)]),
    );
    for (const secret of [...Object.values(SECRETS), ...parts.keyTexts])
      for (const form of [
        secret,
        JSON.stringify(secret).slice(1, -1),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
        Buffer.from(secret).toString('hex'),
      ])
        expect(found(form), form).toEqual([]);
  });
});

async function prepare(): Promise<void> {
  const place = await BesideSsh.make();
  await must('chpasswd', [], { input: `${place.user.name}:${SECRETS.password}\n` });
  const [password, questions, key] = await Promise.all([
    place.serve({ config: ['PasswordAuthentication yes', 'PubkeyAuthentication no'] }),
    place.serve({ config: ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PubkeyAuthentication no'] }),
    place.serve(),
  ]);
  const [open, locked] = [await place.key('open'), await place.key('locked', { passphrase: SECRETS.passphrase })];
  for (const each of [open, locked]) key.authorize(each.publicLine);
  // The lines of a private key that are the key's own, and in the unlocked one what is not public.
  const keyTexts = [open, locked].flatMap(({ path }) => readFileSync(path, 'utf8').split('\n').slice(3, -2));
  Object.assign(parts, { place, servers: { password, questions, key }, heard: new Map(), keyTexts });
  place.home.write('askpass', `#!/bin/sh\ncat ${place.home.home}/answer\n`, 0o700);
  // In the supervisor, a signal crashes it: an error that nobody catches, and node's own report of it.
  const trap = `process.on('SIGUSR2', () => { const e = new Error('test/e2e/planted'); process.report.writeReport(e); throw e; });\n`;
  place.home.write('trap.cjs', trap);
  for (const [name, server] of Object.entries(parts.servers)) profile(name, server);
}

function profile(name: string, server: Sshd): void {
  const { place } = parts;
  const identity = name === 'key' ? `, identity: [~/.ssh/locked, ~/.ssh/open]` : '';
  const hop = `{ host: 127.0.0.1, port: ${server.port}, hostKey: "${server.hostKey.fingerprint}"${identity} }`;
  place.home.profile(name, `hops: [${hop}]\nforwards: [{ local: 0, to: "${place.echo.to}" }]\n`);
}

/** A command at TUNNELS_LOG=debug; all that it says is kept for the search. */
async function tunnels(args: readonly string[], { answer, input }: { answer?: string; input?: string } = {}) {
  const { place } = parts;
  const reports = `--report-directory=${place.home.tunnelsHome} --require ${place.home.home}/trap.cjs`;
  const asking = { SSH_ASKPASS: join(place.home.home, 'askpass'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':9' };
  if (answer !== undefined) place.home.write('answer', `${answer}\n`);
  const env = { TUNNELS_LOG: 'debug', NODE_OPTIONS: reports, ...(answer !== undefined && asking) };
  const ran = await place.cli.run(args, { env, ...(input !== undefined && { input }) });
  keep(args.join(' '), ran.stdout + ran.stderr);
  return ran;
}

const keep = (where: string, text: string): void => void parts.heard.set(where, (parts.heard.get(where) ?? '') + text);

async function logInByPassword(): Promise<void> {
  expect((await tunnels(['up', 'password', '-v'], { answer: SECRETS.wrongPassword })).code).toBe(4);
  expect((await tunnels(['restart', 'password'], { answer: SECRETS.password })).code).toBe(0);
  expect(parts.servers.password.log()).toMatch(/Accepted password/);
}

async function logInByKey(): Promise<void> {
  expect((await tunnels(['up', 'key'], { answer: SECRETS.passphrase })).code).toBe(0);
  await tunnels(['down', 'key']);
  // The wrong words open nothing, and the other key is tried.
  expect((await tunnels(['up', 'key'], { answer: SECRETS.wrongPassphrase })).code).toBe(0);
}

async function logInByQuestions(): Promise<void> {
  expect((await tunnels(['up', 'questions'])).code).toBe(4);
  await tunnels(['answer', '--stdin'], { input: `${SECRETS.wrongCode}\n` });
  const waiting = async () => (await tunnels(['answer', '--json'])).json<Prompts>().prompts.length > 0;
  await until(waiting, { what: 'the next question' });
  expect((await tunnels(['answer', '--stdin', '--remember'], { input: `${SECRETS.password}\n` })).code).toBe(0);
  expect(await statusOf(parts.place.cli, 'questions')).toMatchObject({ state: 'up' });
}

/** Everything that tells of tunnels, by the command and by the supervisor's API. */
async function askForAll(): Promise<void> {
  const { place } = parts;
  place.home.profile('loud', `password: ${SECRETS.profile}\nhops: [gate]\nforwards: [{ local: 0, to: "a:1" }]\n`);
  const names = Object.keys(parts.servers);
  for (const command of ['status', 'list', 'logs', 'doctor', 'profiles validate']) await tunnels([...command.split(' '), '--json']);
  for (const name of names) for (const command of ['why', 'doctor', 'logs']) await tunnels([command, name, '--json', '--verbose']);
  for (const path of ['status', 'health', 'prompts', 'logs?lines=10000', ...names.map((name) => `tunnels/${name}/story`)])
    keep(`GET ${path}`, await place.api('GET', `/v1/${path}`));
}

async function crash(): Promise<void> {
  const { place } = parts;
  const { supervisor } = (await tunnels(['status', '--json'])).json<{ supervisor: { pid: number } }>();
  process.kill(supervisor.pid, 'SIGUSR2');
  const another = async () => (await place.cli.run(['status', '--json'])).json<{ supervisor: { pid: number } | null }>().supervisor?.pid;
  await until(async () => ![supervisor.pid, undefined].includes(await another()), { what: 'the next supervisor' });
  await untilTunnel(place.cli, 'questions', ({ state }) => state === 'blocked');
}

/** Looks at the argument lists and environments of whatever runs for this home, until it is stopped. */
function watchProcesses(): { stop(): void } {
  const look = (): void => {
    for (const pid of parts.place.cli.processes()) {
      keep('the argument list of a process', ofProcess(pid, 'cmdline'));
      keep('the environment of a process', ofProcess(pid, 'environ'));
    }
  };
  const timer = setInterval(look, 20);
  return { stop: () => clearInterval(timer) };
}

function ofProcess(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

function keepFiles(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name !== 'loud.yaml') keep(entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}

/** Where a text is. */
const found = (text: string): string[] => [...parts.heard].flatMap(([where, all]) => (all.includes(text) ? where : []));
