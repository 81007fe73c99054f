import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Server } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prompts } from '../../src/model/prompt.ts';
import { background } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { type Cli, makeCli } from '../support/run-cli.ts';
import { untilTunnel } from '../support/status.ts';
import { tempDir, type TempHome, tempHome } from '../support/temp-home.ts';
import { openTerminal } from '../support/terminal.ts';

/** Clears the screen, sets the title, asks the terminal for an answer, goes back in the line, and turns the reading round. */
const EVIL = '\u001b[2J\u001b]0;31337\u0007\u001b[31337n\u009b31337m\u0000\rForged\u202e';
// oxlint-disable-next-line no-control-regex
const SIGNS = /\u001b\[2J|\u001b\]|\u0007|\u001b\[31337n|\u009b|\rForged|\u202e|\u0000/;

describe('a server that sends what could steer a terminal', () => {
  const dir = tempDir();
  const parts = {} as { home: TempHome; cli: Cli; server: Server; hostKey: Key; port: number };
  /** How its questions were answered. */
  const answers: (readonly string[])[] = [];

  beforeAll(async () => {
    const hostKey = await makeKey(dir, { name: 'host' });
    const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey.path)], banner: `Welcome${EVIL}` }, (client) => {
      client.on('error', () => {});
      client.on('authentication', (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        const two = [
          { prompt: `Code${EVIL}: `, echo: true },
          { prompt: `PIN${EVIL}: `, echo: false },
        ];
        context.prompt(two, `Bank${EVIL}`, `Who\r\nare you${EVIL}`, (given) => {
          answers.push(given);
          if (given[0] === 'ulm-7') context.accept();
          else context.reject(['keyboard-interactive']);
        });
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const home = tempHome();
    const port = await freePort();
    const hop = `{ host: 127.0.0.1, port: ${(server.address() as AddressInfo).port}, user: ann, hostKey: "${hostKey.fingerprint}" }`;
    home.profile('db', `hops: [${hop}]\nforwards: [{ name: echo, local: ${port}, to: "h:1" }]\n`);
    Object.assign(parts, { home, server, hostKey, port, cli: await makeCli({ home, env: { TUNNELS_LOG: 'debug' } }) });
  });
  afterAll(async () => {
    await parts.cli?.dispose();
    parts.server?.close();
  });

  /** A line of sh(1) in a terminal, and every byte that this terminal was sent. */
  async function recorded(line: string) {
    const [program, typescript] = [join(dir, 'line.sh'), join(dir, 'typescript')];
    writeFileSync(program, line);
    chmodSync(program, 0o755);
    const terminal = await openTerminal(`script -qefc 'sh ${program}' ${typescript}`);
    return { terminal, bytes: () => readFileSync(typescript, 'utf8') };
  }

  test('does not steer that of `up` or `answer`, status, logs or events, and is still asked and answered', async () => {
    const { cli } = parts;
    const up = await recorded(cli.line(['up', 'db'], { env: { TERM: 'screen-256color' } }));
    await up.terminal.waitFor(/Code.*:/);
    await up.terminal.press('C-c');
    await up.terminal.waitFor(/ended with 130/);
    await up.terminal.close();
    expect(up.bytes()).toContain('Code?');
    expect(up.bytes()).not.toMatch(SIGNS);

    await untilTunnel(cli, 'db', ({ prompt }) => prompt !== undefined);
    const asked = (await cli.run(['answer', '--json'])).json<Prompts>();
    expect(asked.prompts[0]).toMatchObject({ is: 'questions', fields: [{ echo: true }, { echo: false }] });
    const socket = join(parts.home.tunnelsHome, 'supervisor.sock');
    const events = background('curl', ['-sN', '--unix-socket', socket, 'http://x/v1/events']);
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['answer', '--json'],
      ['list'],
      ['logs', '-n', '50'],
      ['why', 'db'],
      ['doctor', 'db'],
    ]) {
      const { stdout, stderr } = await cli.run(args);
      expect(stdout + stderr, args.join(' ')).not.toMatch(SIGNS);
    }

    const answer = await recorded(cli.line(['answer'], { env: { TERM: 'screen-256color' } }));
    await answer.terminal.waitFor(/Code.*:/);
    await answer.terminal.press('ulm-7', 'Enter');
    await answer.terminal.waitFor(/PIN.*:/);
    await answer.terminal.press('1234', 'Enter');
    await answer.terminal.waitFor(/ended with \d/);
    await answer.terminal.close();
    expect(answers).toEqual([['ulm-7', '1234']]);
    expect(answer.bytes()).not.toMatch(SIGNS);

    await events.waitFor(/"state":"up"/);
    await events.stop();
    expect(events.output()).not.toMatch(SIGNS);
    const logs = join(parts.home.tunnelsHome, 'logs');
    const written = readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('');
    expect(written).toContain('Welcome?');
    expect(written).not.toMatch(SIGNS);
  });
});
