import { execFile } from 'node:child_process';
import * as v from 'valibot';
import { type ReloadReport, ReloadReportSchema } from '../../model/profile-change.ts';

export type RunGiven = {
  /** The command's program. */
  readonly cli: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
};

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 60_000;

/** Lets a command read the files, as this process reads no YAML. It gives what changed to this supervisor itself; null: no report. */
export function runReload({ cli, env, signal }: RunGiven): Promise<ReloadReport | null> {
  const options = { env: { ...env }, cwd: '/', signal, maxBuffer: MAX_OUTPUT_BYTES, timeout: PATIENCE_MS, windowsHide: true };
  return new Promise((resolve) => {
    // Its exit code says no more than the report does.
    execFile(process.execPath, [cli, 'reload', '--all', '--json', '--quiet'], options, (_error, stdout) => resolve(reportIn(stdout)));
  });
}

function reportIn(text: string): ReloadReport | null {
  try {
    return v.parse(ReloadReportSchema, JSON.parse(text));
  } catch {
    return null;
  }
}
