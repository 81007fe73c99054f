import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeLab } from './lab.ts';
import { isRoot, run } from './run.ts';

describe.runIf(isRoot)('the lab of two hops', () => {
  test('lets its user through the bastion to the far server with what is in his home', async () => {
    vi.stubEnv('TUNNELS_TEST_BIN', '/bin/true');
    const lab = await makeLab();
    lab.home.write('.ssh/config', sshConfig(lab));
    const ssh = await run('setpriv', [...as(lab.user), 'ssh', '-o', 'BatchMode=yes', 'far', 'id -un'], {
      cwd: '/',
      env: { PATH: process.env['PATH'] },
    });
    expect(ssh).toMatchObject({ code: 0, stdout: `${lab.user.name}\n` });
    expect(lab.bastion.log()).toContain('Accepted publickey');
    lab.profile('db', ['{ local: 0, to: localhost:5432 }'], { more: 'hold: 5s\n' });
    const profile = await run('cat', [join(lab.home.tunnelsHome, 'profiles/db.yaml')]);
    expect(profile.stdout).toBe(`${lab.hops}forwards:\n  - { local: 0, to: localhost:5432 }\nhold: 5s\n`);
    await lab.dispose();
    vi.unstubAllEnvs();
  });
});

const as = ({ uid, gid }: { uid: number; gid: number }): string[] => ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];

const sshConfig = ({ bastion, far }: Awaited<ReturnType<typeof makeLab>>): string =>
  `Host bastion\n  HostName ${bastion.host}\n  Port ${bastion.port}\nHost far\n  HostName ${far.host}\n  Port ${far.port}\n  ProxyJump bastion\n`;
