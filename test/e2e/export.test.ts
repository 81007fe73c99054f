import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { background } from '../support/child.ts';
import { startTarget, type Target } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { makeKey } from '../support/keys.ts';
import { type Cli, makeCli } from '../support/run-cli.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { type TempHome, tempHome } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

/** The lines that `profiles export --ssh` prints, run by a shell with the real ssh against real servers. */
describe('an exported line', () => {
  const parts = {} as { home: TempHome; cli: Cli; bastion: Sshd; far: Sshd; echo: Target; config: string; key: string };

  beforeAll(async () => {
    const home = tempHome();
    const [cli, bastion, far, echo, key] = await Promise.all([
      makeCli({ home }),
      startSshd(),
      startSshd(),
      startTarget(),
      makeKey(home.home),
    ]);
    for (const server of [bastion, far]) server.authorize(key.publicLine);
    const known = home.write('known', bastion.knownHostsLine() + far.knownHostsLine());
    // ssh(1) takes its home from the password database: everything that it needs is in the file.
    const config = home.write('conf', `IdentityFile ${key.path}\nIdentitiesOnly yes\nUserKnownHostsFile ${known}\nBatchMode yes\n`);
    Object.assign(parts, { home, cli, bastion, far, echo, config, key: key.path });
  });
  afterAll(async () => {
    await parts.cli?.dispose();
    await Promise.all([parts.bastion, parts.far, parts.echo].map((server) => server?.stop()));
  });

  const hop = ({ host, port, user }: Sshd, more = ''): string => `{ host: ${host}, port: ${port}, user: ${user}${more} }`;

  /** Exports a profile of these forwards and runs each line in a shell of its own. */
  async function runExported(hops: readonly string[], forwards: readonly string[]): Promise<{ lines: string[]; codes: string[] }> {
    const { home, cli, config } = parts;
    home.profile('x', `hops: [${hops.join(', ')}]\nsshConfig: ${config}\nforwards:\n${forwards.map((one) => `  - ${one}\n`).join('')}`);
    const ran = await cli.run(['profiles', 'export', 'x', '--ssh', '--json']);
    expect(ran.code, ran.stderr).toBe(0);
    const { lines, notes } = ran.json<{ lines: { line: string }[]; notes: { code: string }[] }>();
    for (const { line } of lines) {
      const running = background('sh', ['-c', `exec ${line}`], {});
      onTestFinished(() => running.stop());
    }
    return { lines: lines.map(({ line }) => line), codes: notes.map(({ code }) => code) };
  }

  /** What comes back of what is sent, once something listens there. */
  async function echoed(at: number | string): Promise<string> {
    const where = typeof at === 'number' ? { host: '127.0.0.1', port: at } : { path: at };
    return await until(
      async () => {
        const socket = createConnection(where);
        const answer = text(socket).catch(() => '');
        socket.end('ping');
        return (await answer) || false;
      },
      { what: `an answer at ${at}`, withinMs: 20_000 },
    );
  }

  test('forwards bytes both ways and over two hops, as the profile does', async () => {
    const [local, remote] = [await freePort(), await freePort()];
    const socket = join(parts.home.home, 'a b:c.sock');
    const { lines } = await runExported(
      [hop(parts.bastion), hop(parts.far)],
      [
        `{ local: ${local}, to: "${parts.echo.to}" }`,
        `{ remote: ${remote}, to: "${parts.echo.to}" }`,
        `{ local: "${socket}", to: "${parts.echo.to}" }`,
      ],
    );
    expect(lines).toHaveLength(1);
    expect(await echoed(local)).toBe('ping');
    expect(await echoed(remote)).toBe('ping');
    expect(await echoed(socket)).toBe('ping');
  });

  test('reaches and binds on a hop on the way, and goes on from another, with a line for each', async () => {
    const [onBastion, fromBastion] = [await freePort(), await freePort()];
    const name = `"${parts.bastion.host}:${parts.bastion.port}"`;
    const { lines, codes } = await runExported(
      [hop(parts.bastion), hop(parts.far)],
      [`{ local: ${fromBastion}, from: ${name}, to: "${parts.echo.to}" }`, `{ remote: ${onBastion}, on: ${name}, to: "${parts.echo.to}" }`],
    );
    expect([lines.length, codes]).toEqual([1, ['keepalive-mirror']]);
    expect(await echoed(fromBastion)).toBe('ping');
    expect(await echoed(onBastion)).toBe('ping');
  });

  test('has what one hop listens for and another goes on with meet here', async () => {
    // The ports of all the servers are of one machine here: below 1024, only the bridge's own port is left.
    const listen = await freePort();
    const socket = join(parts.home.home, `bridge-${listen}.sock`);
    const far = `"${parts.far.host}:${parts.far.port}"`;
    const bastion = `"${parts.bastion.host}:${parts.bastion.port}"`;
    expect(await isFree(20_000)).toBe(true);
    const { lines, codes } = await runExported(
      [hop(parts.bastion), hop(parts.far)],
      [`{ remote: ${socket}, on: ${bastion}, from: ${far}, to: "${parts.echo.to}" }`],
    );
    expect([lines.length, codes]).toEqual([2, ['export-several', 'export-bridged', 'keepalive-mirror']]);
    expect(await echoed(socket)).toBe('ping');
  });

  test('gives each hop on the way its own key, by nested lines', async () => {
    const { home, bastion, far, echo } = parts;
    const own = await makeKey(home.home, { name: String.raw`it's\100%` });
    bastion.authorize(own.publicLine);
    // Nobody gets in with the key of the file.
    const bare = home.write('bare', `IdentitiesOnly yes\nUserKnownHostsFile ${join(home.home, 'known')}\nBatchMode yes\n`);
    const local = await freePort();
    writeFileSync(
      join(home.tunnelsHome, 'profiles', 'keyed.yaml'),
      `hops: [${hop(bastion, `, identity: ${JSON.stringify(own.path)}`)}, ${hop(far, `, identity: [${JSON.stringify(own.path)}, "${parts.key}"]`)}, ${hop(far, `, identity: "${parts.key}"`)}]
sshConfig: ${bare}\nforwards: [{ local: ${local}, to: "${echo.to}" }]\n`,
    );
    const ran = await parts.cli.run(['profiles', 'export', 'keyed', '--ssh']);
    expect(ran.code, ran.stderr).toBe(0);
    const running = background('sh', ['-c', `exec ${ran.stdout.trim()}`], {});
    onTestFinished(() => running.stop());
    expect(await echoed(local)).toBe('ping');
  });
});
