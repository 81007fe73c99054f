import { describe, expect, test } from 'vitest';
import { countTests } from './count-tests.mjs';

const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] as unknown[] };
const failedFile = (tests: string[]) => ({ status: 'failed', assertionResults: tests.map((status) => ({ status })) });

describe('the closing line counts', () => {
  test('passed tests as passed', () => {
    expect(countTests(report, { code: 0, strict: true })).toEqual({ passed: 5, failed: 0 });
  });

  test('a file that could not run once, and one with failed tests not twice', () => {
    const files = [failedFile([]), failedFile(['passed', 'failed'])];
    expect(countTests({ ...report, numFailedTests: 1, testResults: files }, { code: 1, strict: false }).failed).toBe(2);
  });

  test('skipped tests as failed only where nothing may be skipped', () => {
    const skipped = { ...report, numPendingTests: 2, numTodoTests: 1 };
    expect(countTests(skipped, { code: 0, strict: true }).failed).toBe(3);
    expect(countTests(skipped, { code: 0, strict: false }).failed).toBe(0);
  });

  test('a run that failed otherwise, or gave no report', () => {
    expect(countTests(report, { code: 1, strict: false }).failed).toBe(1);
    expect(countTests(undefined, { code: 1, strict: false })).toEqual({ passed: 0, failed: 1 });
  });
});
