import { defineConfig } from 'vitest/config';

/** Long waits for what servers and networks do; these have namespaces and homes of their own. */
const RECOVERY = 'test/e2e/recovery*.test.ts';
/** Also on two cores: most tests wait for real servers. */
const AT_ONCE = 3;

/**
 * Two groups, one after the other: `unit` and `recovery` in parallel; the rest of `e2e` one file at a time, because those
 * tests share the machine's process table and the installed command.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'recovery',
          include: [RECOVERY],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [RECOVERY],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
