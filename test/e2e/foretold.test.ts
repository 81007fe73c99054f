import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { statusOf } from '../support/status.ts';
import { until } from '../support/until.ts';

/** What was given up before anybody has logged in. */
const PREAUTH = /Connection (?:closed|reset) by .*\[preauth\]/g;

describe.runIf(isRoot)('a tunnel that was up before', () => {
  const parts = {} as { lab: Lab; port: number };
  const write = (forward: string): void => parts.lab.profile('t', [forward], { hops: parts.lab.oneHop });
  const count = (pattern: RegExp, from: number): number => [...parts.lab.bastion.log().slice(from).matchAll(pattern)].length;

  beforeAll(async () => {
    Object.assign(parts, { lab: await makeLab(), port: await freePort() });
    write(`{ local: ${parts.port}, to: "localhost:1" }`);
    expect((await parts.lab.cli.run(['up', 't'])).code).toBe(0);
    await parts.lab.cli.run(['down', 't']);
  });

  afterAll(() => parts.lab.dispose());

  test('comes up by the one connection that was begun before its profile was read', async () => {
    const { cli, bastion } = parts.lab;
    const from = bastion.log().length;
    expect((await cli.run(['up', 't'])).code).toBe(0);
    expect(count(/Accepted publickey/g, from)).toBe(1);
    // Where the command took too long, there was one in vain before it.
    const inVain = (): number => count(PREAUTH, from);
    await until(() => count(/Connection from/g, from) - inVain() === 1, { what: 'one connection' });
    expect((await statusOf(cli, 't')).state).toBe('up');
    await cli.run(['down', 't']);
  });

  test('is logged in to nowhere where its profile is wrong now', async () => {
    const { cli, bastion } = parts.lab;
    write(`{ local: ${parts.port} }`);
    const from = bastion.log().length;
    expect((await cli.run(['up', 't'])).code).toBe(2);
    await bastion.waitForLog(new RegExp(PREAUTH, ''), { from });
    expect(count(/Accepted publickey/g, from)).toBe(0);
    expect(await statusOf(cli, 't')).toMatchObject({ wanted: 'down', state: 'down' });
  });

  test('goes where its profile says now', async () => {
    const { cli, bastion, far } = parts.lab;
    const from = [bastion.log().length, far.log().length] as const;
    const elsewhere = parts.lab.oneHop.replace(`port: ${bastion.port}`, `port: ${far.port}`);
    parts.lab.profile('t', [`{ local: ${parts.port}, to: "localhost:1" }`], { hops: elsewhere });
    expect((await cli.run(['up', 't'])).code).toBe(0);
    expect([
      ...far
        .log()
        .slice(from[1])
        .matchAll(/Accepted publickey/g),
    ]).toHaveLength(1);
    await bastion.waitForLog(new RegExp(PREAUTH, ''), { from: from[0] });
    expect(count(/Accepted publickey/g, from[0])).toBe(0);
  });
});
