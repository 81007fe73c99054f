import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { background } from '../../support/child.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { buildPrograms } from '../../supervisor/built-supervisor.ts';
import { hopOf } from '../session/dial.ts';

const FIRST = 10;
const LINKS = 50;

let sshd: Sshd;
let programs: Awaited<ReturnType<typeof buildPrograms>>;
beforeAll(async () => {
  [sshd, programs] = await Promise.all([
    startSshd({ config: ['MaxStartups 100'] }),
    buildPrograms({ hold: 'test/ssh/programs/hold-links.ts' }),
  ]);
});
afterAll(async () => {
  programs.remove();
  await sshd.stop();
});

describe('a link that is logged in', () => {
  test.each(['curve25519-sha256', 'sntrup761x25519-sha512@openssh.com'])(
    'keeps nothing of its login nor of %s',
    async (kex) => {
      const hop = await hopOf(sshd);
      const asked = JSON.stringify([{ ...hop, algorithms: { ...hop.algorithms, kex: [kex] } }, FIRST, LINKS]);
      const child = background(process.execPath, ['--expose-gc', `${programs.directory}/hold.mjs`, asked]);
      const [, told] = await child.waitFor(/^(\{.*\})$/m);
      await child.exited;
      const seen = JSON.parse(told as string) as { links: number; heapBytes: number; bufferBytes: number };
      expect(seen.links).toBe(FIRST + LINKS);
      // It was 60,000 and 13,000 to 26,000 while they were kept, and is 38,000 and 5,000.
      expect(seen.heapBytes).toBeLessThan(50_000);
      expect(seen.bufferBytes).toBeLessThan(8_000);
    },
    120_000,
  );
});
