import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';

test.runIf(isRoot)("a session at which a forced command ended our SFTP still answers the server's keepalives", async () => {
  const config = ['ForceCommand /bin/false', 'ClientAliveInterval 1', 'ClientAliveCountMax 2'];
  const lab = await makeLab({ bastion: { config } });
  try {
    // We ask so seldom that only our answers keep the session.
    lab.profile('t', [`{ remote: ${await freePort()}, to: "localhost:1" }`], { hops: lab.oneHop, more: 'keepalive: { interval: 60s }\n' });
    expect((await lab.cli.run(['up', 't'])).code).toBe(0);
    const [told] = await lab.bastion.waitForLog(/Got \d+\/\d+ for keepalive|client not responding/);
    expect(told).toMatch(/^Got /);
  } finally {
    await lab.dispose();
  }
});
