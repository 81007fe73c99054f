type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly unknown[];
};

export function countTests(
  report: Report | undefined,
  run: { readonly code: number; readonly strict: boolean },
): { readonly passed: number; readonly failed: number };
