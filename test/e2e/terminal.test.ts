import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot, run } from '../support/run.ts';
import { statusOf } from '../support/status.ts';
import { openTerminal } from '../support/terminal.ts';

/** What is seen by somebody who sits in front of it. */
describe.runIf(isRoot)('on a terminal', () => {
  const parts = {} as { lab: Lab; echo: Target };
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  /** A profile with one local forward; gives its port. */
  async function profile(name: string): Promise<number> {
    const port = await freePort();
    parts.lab.profile(name, [`{ name: echo, local: ${port}, to: "${parts.echo.to}" }`]);
    return port;
  }
  const open = (...args: string[]) => openTerminal(parts.lab.cli.line(args, { env: { TERM: 'screen-256color' } }));

  test('`up` shows a spinner with each hop while it connects, and the addresses once it has', async () => {
    const { bastion, far } = parts.lab;
    const port = await profile('seen');
    far.freeze();
    const terminal = await open('up', 'seen');
    const spinning = await terminal.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] seen connecting/);
    expect(await terminal.waitFor(new RegExp(`✔ .* port ${bastion.port} connected`))).toMatch(
      new RegExp(`· .* port ${far.port} connecting`),
    );
    expect(spinning).not.toContain('ended with');
    const first = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.exec(spinning)?.[0] ?? '';
    await terminal.waitFor(new RegExp(`[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏](?<!${first}) seen`));
    far.thaw();
    const end = await terminal.waitFor(/ended with 0/);
    expect(end).toContain(`127.0.0.1:${port} → ${parts.echo.to}`);
    // Nothing of the spinner is left behind.
    expect(end).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]|connecting/);
    await terminal.close();
  });

  test('Ctrl-C ends the waiting and not the tunnel', async () => {
    const { cli, far } = parts.lab;
    await profile('waited');
    await cli.run(['down', '--all']);
    far.freeze();
    const terminal = await open('up', 'waited');
    await terminal.waitFor(/waited connecting/);
    await terminal.press('C-c');
    const end = await terminal.waitFor(/ended with 130/);
    expect(end).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    far.thaw();
    expect((await cli.run(['up', 'waited'])).code).toBe(0);
    await terminal.close();
  });

  test('`up --foreground` logs what happens, and Ctrl-C takes everything down before it ends', async () => {
    const { cli, bastion, far } = parts.lab;
    await cli.run(['supervisor', 'stop']);
    const port = await profile('front');
    const terminal = await open('up', 'front', '--foreground');
    await terminal.waitFor(/echo listens|front.* up/);
    expect((await run('sh', ['-c', `echo ping | nc -w 20 -N 127.0.0.1 ${port}`])).stdout).toBe('ping\n');
    expect((await statusOf(cli, 'front')).state).toBe('up');
    await terminal.press('C-c');
    await terminal.waitFor(/has stopped[\s\S]*ended with (0|130)/);
    expect(await isFree(port)).toBe(true);
    expect([bastion.sessions(), far.sessions(), cli.processes()]).toEqual([[], [], []]);
    await terminal.close();
    // What was brought up for this one run is not brought up by the next supervisor.
    await cli.run(['supervisor', 'start']);
    expect((await statusOf(cli, 'front')).state).toBe('down');
  });
});
