/**
 * What one run of vitest amounts to, from the document of its JSON reporter and its exit code.
 * Beside failed tests these count as failed: a file that could not run at all, a run that failed in another way
 * (an unhandled rejection) or that gave no document, and, where `strict`, a test that was skipped or is still to do.
 */
export function countTests(report, { code, strict }) {
  if (!report) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const skipped = strict ? report.numPendingTests + (report.numTodoTests ?? 0) : 0;
  const failed = report.numFailedTests + broken.length + skipped;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
