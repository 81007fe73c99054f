import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certify } from '../ssh/identity/real-login.ts';
import { type Target, startTarget } from '../support/echo-server.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { tempDir } from '../support/temp-home.ts';

const isRoot = process.getuid?.() === 0;
const parts = {} as { lab: Lab; echo: Target; other: Key; ca: Key; folder: string };

/** A repository's profiles, for a person whose known_hosts knows nobody. */
describe.runIf(isRoot)('a profile that others have written', () => {
  beforeAll(async () => {
    const place = tempDir();
    const [other, ca, echo] = await Promise.all([makeKey(place, { name: 'other' }), makeKey(place, { name: 'ca' }), startTarget()]);
    const lab = await makeLab();
    const folder = join(lab.home.home, '.tunnels');
    Object.assign(parts, { lab, echo, other, ca, folder });
    mkdirSync(join(lab.home.home, '.git'));
    mkdirSync(folder);
    lab.home.write('.ssh/known_hosts', '');
    write('team', 0);
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  const write = (name: string, port: number, hop: string = parts.lab.oneHop): void =>
    writeFileSync(join(parts.folder, `${name}.yaml`), `${hop}forwards:\n  - { name: echo, local: ${port}, to: "${parts.echo.to}" }\n`);
  const known = (text: string): void => writeFileSync(join(parts.folder, 'known_hosts'), text);
  const at = (name: string, key: Key): string => `${name} ${key.publicLine.split(' ').slice(0, 2).join(' ')}\n`;
  const place = (): string => `[${parts.lab.bastion.host}]:${parts.lab.bastion.port}`;
  const up = async (): Promise<{ code: number | null; err: string }> => {
    const trusted = await parts.lab.cli.run(['profiles', 'trust', 'team', '--yes']);
    expect(trusted.code, trusted.stderr).toBe(0);
    const ran = await parts.lab.cli.run(['up', 'team', '--wait', '30']);
    return { code: ran.code, err: ran.stderr };
  };
  const down = () => parts.lab.cli.run(['down', 'team']);

  test('logs in at once where its known_hosts has the key, and nobody guesses', async () => {
    const { lab } = parts;
    known(lab.bastion.knownHostsLine());
    expect(await lab.cli.run(['up', 'team'])).toMatchObject({ code: 4, stderr: expect.stringContaining('profiles trust team') as unknown });
    expect(await up()).toMatchObject({ code: 0 });
  });

  test('goes on as it was trusted while its file changes, until the change is trusted', async () => {
    const { lab, folder } = parts;
    const status = async () => (await lab.cli.run(['status', 'team', '--json'])).stdout;
    const before = JSON.parse(await status()) as { tunnels: [{ state: string; forwards: [{ to: object }] }] };
    expect(before.tunnels[0].state).toBe('up');
    appendFileSync(join(folder, 'team.yaml'), '  - { name: evil, dynamic: "0.0.0.0:0" }\n');
    for (const args of [
      ['up', 'team'],
      ['up', 'team', '--no-wait'],
    ])
      expect(await lab.cli.run(args)).toMatchObject({ code: 4, stderr: expect.stringContaining('profiles trust team') as unknown });
    // The supervisor has the document, not the file: also where it dials anew.
    expect((await lab.cli.run(['restart', 'team'])).code).toBe(0);
    const after = JSON.parse(await status()) as typeof before;
    expect(after.tunnels[0].state).toBe('up');
    expect(after.tunnels[0].forwards.map(({ to }) => to)).toEqual(before.tunnels[0].forwards.map(({ to }) => to));
    write('team', 0);
    await down();
  });

  test('does not log in where its known_hosts has another key', async () => {
    known(at(place(), parts.other));
    const { code, err } = await up();
    expect([code, err]).toEqual([4, expect.stringContaining(`${parts.other.fingerprint} (${join(parts.folder, 'known_hosts')}:1)`)]);
    expect(err).toContain('the profile allows only');
    await down();
  });

  test('stops where it disagrees with what the person knows, and shows both', async () => {
    const { lab, other, folder } = parts;
    known(`# of the team\n${lab.bastion.knownHostsLine()}`);
    lab.home.write('.ssh/known_hosts', at(place(), other));
    const from = lab.bastion.log().length;
    const { code, err } = await up();
    expect([code, err]).toEqual([4, expect.stringContaining('disagree')]);
    expect(err).toContain(`${lab.bastion.hostKey.fingerprint} (${join(folder, 'known_hosts')}:2)`);
    expect(err).toContain(`${other.fingerprint} (${join(lab.home.home, '.ssh', 'known_hosts')}:1)`);
    expect(lab.bastion.log().slice(from)).not.toContain('Accepted publickey');
    lab.home.write('.ssh/known_hosts', '');
    await down();
  });

  test.each([
    ['its hostKey is the right one and what the person knows is another', true],
    ['its hostKey is another one and what the person knows is the right one', false],
  ])('stops where %s, shows both, and logs in nowhere', async (_title, pinIsRight) => {
    const { lab, other } = parts;
    const right = lab.bastion.hostKey.fingerprint;
    const [pinned, known] = pinIsRight ? [right, other.fingerprint] : [other.fingerprint, right];
    rmSync(join(parts.folder, 'known_hosts'), { force: true });
    write('team', 0, lab.oneHop.replace('identity:', `hostKey: "${pinned}", identity:`));
    lab.home.write('.ssh/known_hosts', pinIsRight ? at(place(), other) : lab.bastion.knownHostsLine());
    const from = lab.bastion.log().length;
    const { code, err } = await up();
    expect(code, err).toBe(4);
    expect(err).toContain('disagree');
    expect(err).toContain(pinned);
    expect(err).toContain(`${known} (${join(lab.home.home, '.ssh', 'known_hosts')}:1)`);
    expect((await lab.cli.run(['why', 'team'])).stdout).toContain(pinned);
    expect(lab.bastion.log().slice(from)).not.toMatch(/Accepted|Postponed|Failed/);
    lab.home.write('.ssh/known_hosts', '');
    write('team', 0);
    await down();
  });
});

describe.runIf(isRoot)('an authority in the known_hosts beside a profile', () => {
  test('vouches for the host certificates of a real server', async () => {
    const place = tempDir();
    const [ca, host] = await Promise.all([makeKey(place, { name: 'ca' }), makeKey(place, { name: 'host' })]);
    const certificate = await certify(ca.path, host.path, { principals: '127.0.0.1', host: true });
    const lab = await makeLab({ bastion: { config: [`HostKey ${host.path}`, `HostCertificate ${certificate}`] } });
    const echo = await startTarget();
    try {
      lab.home.write('.ssh/known_hosts', '');
      lab.profile('certified', [`{ name: echo, local: 0, to: "${echo.to}" }`], { hops: lab.oneHop });
      lab.home.write('h/profiles/known_hosts', `@cert-authority * ${ca.publicLine}\n`);
      const good = await lab.cli.run(['up', 'certified', '--wait', '30']);
      expect([good.code, good.stderr]).toEqual([0, good.stderr]);
      await lab.cli.run(['down', 'certified']);
      lab.home.write('h/profiles/known_hosts', `@cert-authority * ${host.publicLine}\n`);
      const bad = await lab.cli.run(['up', 'certified', '--wait', '30']);
      expect([bad.code, bad.stderr.includes('the profile allows only')]).toEqual([4, true]);
    } finally {
      await lab.dispose();
      await echo.stop();
    }
  });
});
