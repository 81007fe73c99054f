import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BesideSsh, type Row, expectedOf, seenBeside } from '../support/beside-ssh.ts';
import { type OneTimeCodes, askForCodes } from '../support/one-time-codes.ts';
import { isRoot, must } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';

const PASSWORD = 'correct-horse-4711';
const PASSPHRASE = 'opens sesame 0815';

type Parts = { place: BesideSsh; servers: Record<keyof typeof SERVERS, Sshd>; codes: OneTimeCodes };
const parts = {} as Parts;

/** `twice` asks for the password and then for a one-time code, by PAM; each takes the key `good` as the first step where it wants several. */
const SERVERS = {
  key: [],
  password: ['PasswordAuthentication yes', 'PubkeyAuthentication no'],
  twice: ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PubkeyAuthentication no'],
  keyThenPassword: ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
  keyThenTwice: ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'AuthenticationMethods publickey,keyboard-interactive'],
} as const;

type Case = Omit<Row, 'server' | 'env'> & {
  readonly at: keyof typeof SERVERS;
  /** To all but a one-time code, which is the right one unless `code` says another. */
  readonly answer?: string;
  readonly code?: string;
  /** How each of both clients has asked. */
  readonly asked?: readonly RegExp[];
};
const identity = (name: string): string => `IdentityFile ~/.ssh/${name}`;
const NO_KEY = 'IdentityFile none';
const TWO = [/Password: *$/, /Verification code: *$/];
const REACHED: readonly Case[] = [
  { title: 'the passphrase of a key', at: 'key', config: [identity('locked')], answer: PASSPHRASE },
  { title: 'the passphrase of a key in PEM', at: 'key', config: [identity('locked-pem')], answer: PASSPHRASE },
  { title: 'a password', at: 'password', config: [NO_KEY], answer: PASSWORD },
  { title: 'a password, preferred', at: 'password', config: ['PreferredAuthentications password'], answer: PASSWORD },
  { title: 'two questions', at: 'twice', config: [NO_KEY], answer: PASSWORD, asked: TWO },
  { title: 'a password after a key', at: 'keyThenPassword', config: [identity('good')], answer: PASSWORD },
  { title: 'two questions after a key', at: 'keyThenTwice', config: [identity('good')], answer: PASSWORD, asked: TWO },
];

const NOBODY_THERE = { refused: 'prompt-waiting' };
const REFUSED: readonly Case[] = [
  { title: 'the passphrase of a key, wrong', at: 'key', config: [identity('locked')], answer: 'wrong', refused: 'login-refused' },
  { title: 'the passphrase of a key, of nobody', at: 'key', config: [identity('locked')], ...NOBODY_THERE },
  {
    title: 'the passphrase of a key with BatchMode',
    at: 'key',
    config: [identity('locked'), 'BatchMode yes'],
    answer: PASSPHRASE,
    refused: 'key-unusable',
  },
  { title: 'a password, wrong', at: 'password', config: [NO_KEY, 'NumberOfPasswordPrompts 1'], answer: 'wrong', refused: 'login-refused' },
  { title: 'a password, of nobody', at: 'password', config: [NO_KEY], ...NOBODY_THERE },
  { title: 'a password with BatchMode', at: 'password', config: [NO_KEY, 'BatchMode yes'], answer: PASSWORD, refused: 'no-credentials' },
  {
    title: 'a password with PasswordAuthentication no',
    at: 'password',
    config: [NO_KEY, 'PasswordAuthentication no'],
    answer: PASSWORD,
    refused: 'login-refused',
  },
  {
    title: 'a password with PreferredAuthentications publickey',
    at: 'password',
    config: [NO_KEY, 'PreferredAuthentications publickey'],
    answer: PASSWORD,
    refused: 'no-credentials',
  },
  { title: 'two questions, wrong', at: 'twice', config: [NO_KEY, 'NumberOfPasswordPrompts 1'], answer: 'wrong', refused: 'login-refused' },
  {
    title: 'two questions, the second wrong',
    at: 'twice',
    config: [NO_KEY, 'NumberOfPasswordPrompts 1'],
    answer: PASSWORD,
    code: '000',
    refused: 'login-refused',
    asked: TWO,
  },
  { title: 'two questions, of nobody', at: 'twice', config: [NO_KEY], ...NOBODY_THERE },
  {
    title: 'two questions with KbdInteractiveAuthentication no',
    at: 'twice',
    config: [NO_KEY, 'KbdInteractiveAuthentication no'],
    answer: PASSWORD,
    refused: 'login-refused',
  },
  { title: 'a password after a key, of nobody', at: 'keyThenPassword', config: [identity('good')], ...NOBODY_THERE },
  {
    title: 'a password after a key that is not known',
    at: 'keyThenPassword',
    config: [identity('stranger')],
    answer: PASSWORD,
    refused: 'login-refused',
  },
  {
    title: 'two questions after a key, with BatchMode',
    at: 'keyThenTwice',
    config: [identity('good'), 'BatchMode yes'],
    answer: PASSWORD,
    refused: 'login-refused',
  },
];

describe.runIf(isRoot)('beside ssh with the same configuration and the same program for SSH_ASKPASS', () => {
  beforeAll(prepare);
  afterAll(async () => {
    await parts.place?.dispose();
    parts.codes?.remove();
  });

  const check = async ({ at, answer, code, asked, ...row }: Case) => {
    const { place, servers, codes } = parts;
    const program = join(place.home.home, 'askpass');
    rmSync(`${program}.asked`, { force: true });
    const answers = { ANSWER: answer ?? '', CODE: code ?? codes.code() };
    const env = { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':9', ...answers };
    const whole = { ...row, server: servers[at], ...(answer !== undefined && { env }) };
    const { seen, said, both } = await seenBeside(place, whole);
    expect(seen, said).toEqual(expectedOf(whole));
    if (asked !== undefined) expect(timesAsked(program, asked)).toEqual(asked.map(() => 2));
    // Without a terminal the command that answers is named.
    if (row.refused === 'prompt-waiting') expect(both.tunnels.said).toMatch(/tunnels answer \d+/);
  };
  test.for(REACHED)('$title', check);
  test.for(REFUSED)('refused: $title', check);
});

async function prepare(): Promise<void> {
  const place = await BesideSsh.make();
  Object.assign(parts, { place });
  await must('chpasswd', [], { input: `${place.user.name}:${PASSWORD}\n` });
  parts.codes = askForCodes(place.user);
  const { binary } = parts.codes;
  const started = Object.entries(SERVERS).map(async ([name, config]) => [
    name,
    await place.serve({ config, ...(/twice/i.test(name) && { binary }) }),
  ]);
  Object.assign(parts, { servers: Object.fromEntries(await Promise.all(started)) });
  const keys = await Promise.all([
    place.key('good'),
    place.key('locked', { passphrase: PASSPHRASE }),
    place.key('locked-pem', { passphrase: PASSPHRASE, type: 'rsa' }),
  ]);
  await must('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-P', PASSPHRASE, '-N', PASSPHRASE, '-f', keys[2].path]);
  place.own(keys[2].path);
  await place.key('stranger');
  for (const server of Object.values(parts.servers)) for (const { publicLine } of keys) server.authorize(publicLine);
  place.home.write('askpass', ASKPASS, 0o700);
}

const ASKPASS = `#!/bin/sh
printf '%s\\n' "$1" >> "$0.asked"
case $1 in *code*) printf '%s\\n' "$CODE" ;; *) printf '%s\\n' "$ANSWER" ;; esac
`;

function timesAsked(program: string, questions: readonly RegExp[]): number[] {
  const lines = existsSync(`${program}.asked`) ? readFileSync(`${program}.asked`, 'utf8').split('\n') : [];
  return questions.map((question) => lines.filter((line) => question.test(line)).length);
}
